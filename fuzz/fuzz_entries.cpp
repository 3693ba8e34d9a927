// Fuzzes the store's logs: any bytes as a log file, and any bytes as the payload of a good record, must never crash.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/log_record.h"
#include "base/text.h"
#include "platform/os.h"
#include "store/entries.h"
#include "store/stat_cache.h"

namespace {

std::string work_file(const char* name) {
    static const std::string directory = [] {
        std::string path = cermet::platform::is_directory("/dev/shm") ? "/dev/shm/cermet-fuzz-XXXXXX" : "/tmp/cermet-fuzz-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) std::abort();
        static const std::string kept = path;
        std::atexit([] { (void)cermet::platform::remove_tree(kept); });
        return path;
    }();
    return directory + "/" + name;
}

void check(bool right) {
    if (!right) std::abort();
}

void replay(const std::string& path, const std::string& bytes) {
    using namespace cermet;
    check(platform::write_file(path, bytes).ok());
    const Digest key = digest_of("key");
    auto entries = store::Entries::open(path, store::Access::ReadWrite);
    check(entries.ok());
    (void)(*entries)->find("s", key);
    (void)(*entries)->candidates("s", key, 16);
    (*entries)->put("s", key, "value");
    (*entries)->add("s", key, "candidate");
    check((*entries)->flush().ok());
    const std::uint64_t count = (*entries)->count();
    check((*entries)->expire(0, UINT64_MAX).ok());
    auto again = store::Entries::open(path, store::Access::ReadWrite);
    check(again.ok() && (*again)->count() == count);
    check((*again)->find("s", key) == "value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cermet;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    replay(work_file("raw.log"), std::string(input));
    std::string framed = log_header("entries", 1);
    for (const std::string& part : split(input, '\xff')) framed += log_record(part);
    replay(work_file("framed.log"), framed);
    std::string stats = log_header("stats", 1) + log_record(input);
    check(platform::write_file(work_file("stats.log"), stats).ok());
    auto cache = store::StatCache::open(work_file("stats.log"), store::Access::ReadWrite);
    check(cache.ok() && (*cache)->expire(0).ok());
    return 0;
}
