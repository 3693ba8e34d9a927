// Fuzzes the zip reader and the wheel checker: any bytes give entries or an error, and what is read has its promised size.
// SPDX-License-Identifier: MIT
#include <cstdlib>

#include "base/archive/zip.h"
#include "languages/python/wheel.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    auto zip = cermet::ZipReader::open(bytes, "fuzz.zip");
    if (zip.ok()) {
        for (const cermet::ZipEntry& entry : zip->entries()) {
            auto content = zip->read(entry, 1U << 22);
            if (content.ok() && content->size() != entry.size) std::abort();
        }
    }
    (void)cermet::python::check_wheel(bytes, "a-1-py3-none-any.whl");
    return 0;
}
