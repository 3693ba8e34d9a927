// Sample for tools/lint: shapes that a counter of braces may take for one function
// SPDX-License-Identifier: MIT
// as: src/cli/sample.cpp

namespace cermet::cli {

struct Pair {
    int left = 0;
    std::vector<int> parts{1, 2};
};
enum class Side : int { Left, Right };
const std::map<std::string, int> k_names = {{"a", 1}, {"b", 2}};
class Sum final : public Base<int> {
   public:
    explicit Sum(int left) : left_{left}, parts_({1, 2}), right_(left) { ++right_; }
    bool operator()(int x) const noexcept { return x == left_; }
    auto begin() const -> const int* { return &left_; }

   private:
    int left_;
    std::vector<int> parts_;
    int right_;
};
template <class T>
Result<T> make(T value) {
    if (value > 1'000'000) return project_error(R"(a " { brace)");
    return value;
}

}  // namespace cermet::cli
