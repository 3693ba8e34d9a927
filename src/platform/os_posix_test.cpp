// Tests of the operating-system room on real files: trees, links, writes, locks, maps, facts.
// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/lists.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::platform {

namespace host_posix_detail {
int cpus_of_cpu_max(std::string_view text);
}

namespace os_posix_test {

// A directory of its own for each test, removed afterwards.
class Scratch {
   public:
    Scratch() {
        std::string name = environment("TMPDIR").value_or("/tmp") + "/cermet-os-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Scratch() { CHECK(remove_tree(path_).ok()); }
    std::string operator/(std::string_view name) const { return join_path(path_, name); }
    const std::string& path() const { return path_; }

   private:
    std::string path_;
};

std::vector<std::string> names(const std::string& directory) {
    Result<std::vector<DirectoryEntry>> list = list_directory(directory);
    REQUIRE(list.ok());
    std::vector<std::string> out;
    for (const DirectoryEntry& e : *list) out.push_back(e.name);
    return out;
}

}  // namespace os_posix_test
using os_posix_test::names;
using os_posix_test::Scratch;

TEST_CASE("files are written, read, appended and replaced") {
    const Scratch dir;
    const std::string file = dir / "f";
    CHECK(write_file(file, "one").ok());
    CHECK(append_file(file, " two").ok());
    CHECK(*read_file(file) == "one two");
    CHECK(write_file_atomic(file, std::string("new\0bytes", 9), 0755).ok());
    CHECK(find_file_bytes(file) == std::string("new\0bytes", 9));
    CHECK(stat_file(file).mode == 0755);
    CHECK(stat_file(file).executable());
    CHECK(names(dir.path()) == std::vector<std::string>{"f"});  // no temporary file is left
    CHECK(*read_file("/proc/self/cmdline") != "");              // a file that claims to be empty
    const std::string big(3'000'000, 'b');
    CHECK(write_file_atomic(file, big).ok());
    CHECK(*read_file(file) == big);
    Result<std::string> absent = read_file(dir / "absent");
    REQUIRE_FALSE(absent.ok());
    CHECK(absent.error().kind == ErrorKind::Environment);
    CHECK(contains(absent.error().message, "absent"));
    CHECK_FALSE(read_file(dir.path()).ok());
    CHECK_FALSE(find_file_bytes(dir / "absent"));
}

TEST_CASE("an atomic write sets its mode whatever the umask, and cleans up when it fails") {
    const Scratch dir;
    const mode_t before = ::umask(0077);
    CHECK(write_file_atomic(dir / "f", "x", 0644).ok());
    ::umask(before);
    CHECK(stat_file(dir / "f").mode == 0644);
    CHECK(make_directories(dir / "d/full").ok());
    CHECK_FALSE(write_file_atomic(dir / "d", "x").ok());  // a directory stands there
    CHECK_FALSE(write_file_atomic(dir / "no/f", "x").ok());
    CHECK(names(dir.path()) == std::vector<std::string>{"d", "f"});
}

TEST_CASE("a reader with an open file keeps the old bytes when it is replaced") {
    const Scratch dir;
    CHECK(write_file_atomic(dir / "f", "old").ok());
    Result<MappedFile> map = MappedFile::open(dir / "f");
    REQUIRE(map.ok());
    CHECK(write_file_atomic(dir / "f", "new and longer").ok());
    CHECK(map->bytes() == "old");
    CHECK(write_file(dir / "empty", "").ok());
    CHECK(MappedFile::open(dir / "empty")->bytes().empty());
    CHECK_FALSE(MappedFile::open(dir / "absent").ok());
    CHECK_FALSE(MappedFile::open(dir.path()).ok());
}

TEST_CASE("files are copied, linked, renamed and stamped") {
    const Scratch dir;
    const std::string bytes(500'000, 'c');
    CHECK(write_file(dir / "a", bytes).ok());
    CHECK(copy_file(dir / "a", dir / "b", 0600).ok());
    CHECK(*read_file(dir / "b") == bytes);
    CHECK(stat_file(dir / "b").mode == 0600);
    CHECK(copy_file("/proc/self/cmdline", dir / "proc", 0644).ok());
    CHECK(stat_file(dir / "proc").size > 0);
    CHECK_FALSE(copy_file(dir.path(), dir / "x", 0644).ok());
    CHECK_FALSE(exists(dir / "x"));
    CHECK(hard_link(dir / "a", dir / "l").ok());
    CHECK(stat_file(dir / "l").inode == stat_file(dir / "a").inode);
    CHECK(stat_file(dir / "l").links == 2);
    CHECK_FALSE(hard_link(dir / "a", dir / "l").ok());
    CHECK(make_symlink("a", dir / "s").ok());
    CHECK(*read_link(dir / "s") == "a");
    CHECK(stat_file(dir / "s", FollowLinks::No).kind == FileKind::Symlink);
    CHECK(stat_file(dir / "s").kind == FileKind::File);
    CHECK(*real_path(dir / "s") == *real_path(dir / "a"));
#ifdef __linux__
    CHECK(*real_path("/proc/self/root" + (dir / "s")) == "/proc/self/root" + *real_path(dir / "a"));
#endif
    CHECK(rename_path(dir / "b", dir / "c").ok());
    CHECK_FALSE(exists(dir / "b"));
    CHECK(set_times(dir / "c", 1'500'000'000'123'456'789).ok());
    CHECK(stat_file(dir / "c").mtime_ns == 1'500'000'000'123'456'789);
    CHECK(set_mode(dir / "c", 0755).ok());
    CHECK(stat_file(dir / "c").executable());
    CHECK(remove_file(dir / "c").ok());
    CHECK(remove_file(dir / "c").ok());  // absent is fine
    CHECK_FALSE(is_file(dir / "c"));
}

TEST_CASE("directories are made with their parents") {
    const Scratch dir;
    CHECK(make_directories(dir / "a/b/c").ok());
    CHECK(make_directories(dir / "a/b/c").ok());
    CHECK(is_directory(dir / "a/b/c"));
    CHECK(make_directories("/").ok());
    CHECK(write_file(dir / "f", "").ok());
    CHECK_FALSE(make_directories(dir / "f").ok());
    CHECK_FALSE(make_directories(dir / "f/g").ok());
}

TEST_CASE("a listing is sorted, tells links apart and refuses names that are not UTF-8") {
    const Scratch dir;
    CHECK(write_file(dir / "b", "").ok());
    CHECK(make_directories(dir / "a").ok());
    CHECK(make_symlink("a", dir / "c").ok());
    Result<std::vector<DirectoryEntry>> list = list_directory(dir.path());
    REQUIRE(list.ok());
    REQUIRE(list->size() == 3);
    CHECK((*list)[0].kind == FileKind::Directory);
    CHECK((*list)[1].kind == FileKind::File);
    CHECK((*list)[2].kind == FileKind::Symlink);
    CHECK_FALSE(list_directory(dir / "absent").ok());
    CHECK_FALSE(list_directory(dir / "b").ok());
    if (write_file(dir.path() + "/bad\xff", "").ok()) {  // some file systems refuse it themselves
        Result<std::vector<DirectoryEntry>> bad = list_directory(dir.path());
        REQUIRE_FALSE(bad.ok());
        CHECK(contains(bad.error().message, "626164ff"));
    }
}

TEST_CASE("a tree is removed without following links") {
    const Scratch dir;
    CHECK(make_directories(dir / "keep").ok());
    CHECK(write_file(dir / "keep/file", "x").ok());
    CHECK(make_directories(dir / "tree/sub").ok());
    CHECK(write_file(dir / "tree/sub/f", "").ok());
    CHECK(write_file(dir.path() + "/tree/bad\xff", "").ok());
    CHECK(make_symlink(dir / "keep", dir / "tree/link").ok());
    CHECK(make_symlink("/nowhere/at/all", dir / "tree/dangling").ok());
    CHECK(::mkfifo((dir / "tree/fifo").c_str(), 0600) == 0);
    CHECK(remove_tree(dir / "tree").ok());
    CHECK_FALSE(exists(dir / "tree"));
    CHECK(exists(dir / "keep/file"));
    CHECK(make_symlink(dir / "keep", dir / "toplink").ok());
    CHECK(remove_tree(dir / "toplink").ok());  // the link itself
    CHECK(exists(dir / "keep/file"));
    CHECK(stat_file(dir / "toplink", FollowLinks::No).kind == FileKind::Absent);
    CHECK(remove_tree(dir / "absent").ok());
    CHECK(write_file(dir / "f", "").ok());
    CHECK(remove_tree(dir / "f").ok());
    CHECK_FALSE(exists(dir / "f"));
}

TEST_CASE("a tree with directories nobody may write or read is removed") {
    const Scratch dir;
    for (const char* name : {"t/ro/deep", "t/none/deep", "t/noexec/deep"}) CHECK(make_directories(dir / name).ok());
    CHECK(write_file(dir / "t/ro/deep/f", "").ok());
    CHECK(set_mode(dir / "t/ro/deep", 0555).ok());
    CHECK(set_mode(dir / "t/ro", 0555).ok());
    CHECK(set_mode(dir / "t/none", 0).ok());
    CHECK(set_mode(dir / "t/noexec", 0644).ok());
    CHECK(set_mode(dir / "t", 0500).ok());
    // Root may do everything: run the removal as an unprivileged user where that is possible.
    if (::geteuid() == 0) {
        const std::vector<std::string> all = {".",           "t",        "t/ro",          "t/ro/deep",  "t/none",
                                              "t/none/deep", "t/noexec", "t/noexec/deep", "t/ro/deep/f"};
        for (const std::string& name : all) CHECK(::lchown((dir / name).c_str(), 65534, 65534) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const bool dropped = ::setgid(65534) == 0 && ::setuid(65534) == 0;
            ::_exit(dropped && remove_tree(dir / "t").ok() ? 0 : 1);
        }
        int status = 0;
        CHECK(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    } else {
        CHECK(remove_tree(dir / "t").ok());
    }
    CHECK_FALSE(exists(dir / "t"));
}

TEST_CASE("a tree deeper than any limit is removed") {
    const Scratch dir;
    REQUIRE(make_directories(dir / "t").ok());
    int at = ::open((dir / "t").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(at >= 0);
    for (int i = 0; i < 3000; ++i) {  // longer than PATH_MAX and than the usual descriptor limit
        REQUIRE(::mkdirat(at, "d", 0755) == 0);
        const int next = ::openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        REQUIRE(next >= 0);
        ::close(at);
        at = next;
    }
    ::close(at);
    CHECK(remove_tree(dir / "t").ok());
    CHECK_FALSE(exists(dir / "t"));
}

TEST_CASE("locks exclude, share, convert and end with their owner") {
    const Scratch dir;
    const std::string path = dir / "lock";
    {
        Result<FileLock> exclusive = FileLock::take(path, LockKind::Exclusive);
        REQUIRE(exclusive.ok());
        CHECK_FALSE(FileLock::try_take(path, LockKind::Shared)->has_value());
        CHECK(exclusive->convert(LockKind::Shared).ok());
        CHECK(FileLock::try_take(path, LockKind::Shared)->has_value());
        CHECK_FALSE(FileLock::try_take(path, LockKind::Exclusive)->has_value());
        CHECK((::fcntl(exclusive->fd(), F_GETFD) & FD_CLOEXEC) != 0);
        exclusive->let_children_inherit();
        CHECK((::fcntl(exclusive->fd(), F_GETFD) & FD_CLOEXEC) == 0);
        CHECK(remove_file(path).ok());
        CHECK(FileLock::try_take(path, LockKind::Exclusive)->has_value());  // a new file, a new lock
    }
    CHECK(FileLock::try_take(path, LockKind::Exclusive)->has_value());
    CHECK_FALSE(FileLock::take(dir / "no/lock", LockKind::Shared).ok());
}

TEST_CASE("descriptors are owned by one") {
    const Scratch dir;
    Fd a(::open(dir.path().c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(a.valid());
    const int number = a.get();
    Fd b = std::move(a);
    CHECK_FALSE(a.valid());  // NOLINT: moved from on purpose
    CHECK(b.get() == number);
    b = Fd();
    CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("programs are found on a path") {
    const Scratch dir;
    CHECK(make_directories(dir / "one/tool").ok());  // a directory is no program
    CHECK(make_directories(dir / "two").ok());
    CHECK(write_file_atomic(dir / "two/tool", "#!/bin/sh\n", 0755).ok());
    CHECK(write_file_atomic(dir / "two/plain", "", 0644).ok());
    const std::string path = cat(dir / "one", "::", dir / "two");
    CHECK(find_program("tool", path) == dir / "two/tool");
    CHECK_FALSE(find_program("plain", path));
    CHECK_FALSE(find_program("absent", path));
    CHECK_FALSE(find_program("", path));
    CHECK(find_program(dir / "two/tool", "") == dir / "two/tool");
    CHECK_FALSE(find_program(dir / "two/plain", ""));
}

TEST_CASE("the host's facts") {
    CHECK(cpu_count() >= 1);
    CHECK(terminal_columns() > 0);
    CHECK(is_file(own_executable()));
    CHECK(is_absolute(current_directory()));
    ::setenv("CERMET_TEST_VALUE", "v=1", 1);
    CHECK(environment("CERMET_TEST_VALUE") == "v=1");
    const std::vector<std::string> all = environment_names();
    CHECK(contains(all, "CERMET_TEST_VALUE"));
    ::unsetenv("CERMET_TEST_VALUE");
    CHECK_FALSE(environment("CERMET_TEST_VALUE"));
    using host_posix_detail::cpus_of_cpu_max;
    CHECK(cpus_of_cpu_max("max 100000\n") == 0);
    CHECK(cpus_of_cpu_max("150000 100000\n") == 2);
    CHECK(cpus_of_cpu_max("50000 100000") == 1);
    CHECK(cpus_of_cpu_max("") == 0);
    CHECK(cpus_of_cpu_max("x y") == 0);
    CHECK(cpus_of_cpu_max("0 0") == 0);
}

}  // namespace cermet::platform
