// Sample for tools/lint: values in; ordinary functions may take views
// SPDX-License-Identifier: MIT

int count(std::string_view text, const Sum& key, std::span<const int> parts);
Task<int> run(Build build, CompileC key);
engine::Task<std::vector<Object>> run(engine::Build build, std::vector<std::string> names, Graph* graph);
const Task<int>& look(int index);
Result<int> answer(const std::string& text) { return count(text); }
