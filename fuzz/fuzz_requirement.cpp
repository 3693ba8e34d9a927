// Fuzzes versions, specifiers, markers, requirements and licences: what is read prints to text that reads the same.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "languages/python/license.h"
#include "languages/python/requirement.h"
#include "languages/python/tags.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace cermet::python;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto requirement = Requirement::parse(text); requirement.ok()) {
        std::string printed = requirement->text();
        auto again = Requirement::parse(printed);
        if (again.ok() && again->text() != printed) std::abort();
    }
    if (auto version = Version::parse(text); version.ok()) {
        auto again = Version::parse(version->text());
        if (!again.ok() || !(*again == *version) || again->text() != version->text()) std::abort();
    }
    if (auto marker = Marker::parse(text); marker.ok()) {
        (void)marker->evaluate({{"python_version", "3.12"}}, {"a"});
    }
    (void)SpecifierSet::parse(text);
    (void)parse_wheel_file_name(text);
    if (size % 16 != 0) return 0;  // an unknown licence searches the whole list for a similar one: slow, so seldom
    if (auto license = normalise_license(text); license.ok()) {
        auto again = normalise_license(*license);
        if (!again.ok() || *again != *license) std::abort();
    }
    return 0;
}
