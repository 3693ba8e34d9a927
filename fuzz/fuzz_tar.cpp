// Fuzzes the tar and gzip readers: no path that leaves its directory ever comes out.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "base/archive/deflate.h"
#include "base/archive/tar.h"

namespace {

class Checker : public cermet::TarVisitor {
   public:
    cermet::Status file(std::string_view path, std::string_view, bool) override {
        bool safe = !path.empty() && path.front() != '/' && path.find('/') != std::string_view::npos;
        for (std::size_t at = 0; safe && at <= path.size();) {
            std::size_t end = path.find('/', at);
            if (end == std::string_view::npos) end = path.size();
            std::string_view segment = path.substr(at, end - at);
            safe = !segment.empty() && segment != "." && segment != "..";
            at = end + 1;
        }
        if (!safe) std::abort();
        return {};
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Checker checker;
    cermet::TarRules rules;
    rules.max_total = 1U << 22;
    (void)cermet::visit_tar(bytes, "fuzz.tar", rules, checker);
    (void)cermet::visit_tar_gz(bytes, "fuzz.tar.gz", rules, checker);
    return 0;
}
