// Tests of the packages: crates, vendored directories, Python distributions, damage, concurrency, tree digests.
// SPDX-License-Identifier: MIT
#include "fetch/packages.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/archive/tar.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/text.h"
#include "fetch/place.h"
#include "store/disk.h"
#include "store/test_support.h"

namespace cermet::fetch {

using store::Store;
using store::testing::bytes_of;
using store::testing::damage;
using store::testing::TemporaryDirectory;

namespace packages_test {

std::unique_ptr<Store> open(const std::string& path) {
    auto opened = Store::open(path);
    REQUIRE(opened.ok());
    return std::move(*opened);
}

void write(const std::string& path, const std::string& bytes, std::uint32_t mode = 0644) {
    REQUIRE(platform::make_directories(std::string(parent(path))).ok());
    REQUIRE(platform::write_file(path, bytes, mode).ok());
}

TarFile member(std::string path, std::string bytes, bool executable = false) {
    TarFile out;
    out.path = std::move(path);
    out.bytes = std::move(bytes);
    out.executable = executable;
    return out;
}

std::string crate_bytes() {
    return write_tar_gz({member("a-1.0.0/Cargo.toml", "[package]\n"), member("a-1.0.0/src/lib.rs", "pub fn a() {}\n"),
                         member("a-1.0.0/run.sh", "#!/bin/sh\n", true), member("a-1.0.0/.cargo-ok", "")},
                        0);
}

std::string row(const std::string& path, const std::string& bytes) {
    const Digest digest = digest_of(bytes);
    const std::string_view hash(reinterpret_cast<const char*>(digest.hash.data()), digest.hash.size());
    return cat(path, ",sha256=", base64url(hash), ",", bytes.size(), "\n");
}

// An installed distribution as pip leaves it.
std::string install(const std::string& site, const std::string& installer) {
    const std::string info = site + "/Demo_Pkg-1.2.dist-info";
    write(site + "/demo/__init__.py", "x = 1\n");
    write(site + "/demo/fast.so", "ELF", 0755);
    write(site + "/demo/__pycache__/__init__.cpython-312.pyc", "pyc");
    write(site + "/../bin/demo", "#!python\n", 0755);
    write(info + "/METADATA", "Name: Demo_Pkg\n");
    write(info + "/INSTALLER", installer);
    const std::string record = cat(
        row("demo/__init__.py", "x = 1\n"), row("demo/fast.so", "ELF"), "demo/__pycache__/__init__.cpython-312.pyc,,\n",
        row("../bin/demo", "#!python\n"), row("Demo_Pkg-1.2.dist-info/METADATA", "Name: Demo_Pkg\n"),
        row("Demo_Pkg-1.2.dist-info/INSTALLER", installer), "Demo_Pkg-1.2.dist-info/RECORD,,\n");
    write(info + "/RECORD", record);
    for (const char* file : {"/demo/__init__.py", "/demo/fast.so", "/Demo_Pkg-1.2.dist-info/METADATA"}) {
        REQUIRE(store::set_modified(site + file, wall_ns() - 60'000'000'000LL).ok());
    }
    return info;
}

}  // namespace packages_test

using namespace packages_test;

TEST_CASE("tree digest: REAPI's Directory messages, whatever the order of finding") {
    // The empty tree is the empty message: the digest of no bytes.
    CHECK(Tree().digest() == digest_of(""));
    Tree tree;
    TreeFile file;
    file.path = "b/c";
    file.digest = digest_of("c");
    tree.files.push_back(file);
    const Digest one = tree.digest();
    file.path = "b/a";
    file.executable = true;
    tree.files.push_back(file);
    tree.sort();
    CHECK(tree.files[0].path == "b/a");
    CHECK(tree.digest() != one);
    CHECK(tree.bytes() == 2);
    Tree odd;  // "a-b" sorts between "a" and "a/x" by bytes; the directory "a" must still be one node
    for (const char* path : {"a/x", "a-b/y", "a.c", "a/z"}) {
        file.path = path;
        odd.files.push_back(file);
    }
    odd.sort();
    const Digest sorted = odd.digest();
    std::swap(odd.files[0], odd.files[3]);
    odd.sort();
    CHECK(odd.digest() == sorted);
    CHECK(link_stays_inside("a/b", "../c"));
    CHECK(link_stays_inside("a/b", "c/./d"));
    CHECK_FALSE(link_stays_inside("a/b", "../../c"));
    CHECK_FALSE(link_stays_inside("b", "../c"));
    CHECK_FALSE(link_stays_inside("b", "/etc/passwd"));
    CHECK_FALSE(link_stays_inside("b", ""));
}

TEST_CASE("packages: a crate is verified, unpacked read-only, and used again") {
    TemporaryDirectory dir;
    auto store = open(dir / "cache");
    const std::string bytes = crate_bytes();
    write(dir / "a-1.0.0.crate", bytes);
    const std::string sha = digest_of(bytes).hex();
    auto package = import_crate(*store, "a", "1.0.0", sha, dir / "a-1.0.0.crate");
    REQUIRE(package.ok());
    CHECK(package->canonical == cat("/cermet/pkg/crate-a-1.0.0-", sha.substr(0, 8)));
    CHECK(bytes_of(package->host + "/src/lib.rs") == "pub fn a() {}\n");
    CHECK(store::disk_stat(package->host + "/run.sh").mode == 0555);
    CHECK(store::disk_stat(package->host + "/src/lib.rs").mode == 0444);
    CHECK(store::disk_stat(package->host + "/src").mode == 0555);
    CHECK(store::disk_stat(package->host).mode == 0555);
    CHECK_FALSE(platform::exists(package->host + "/.cargo-ok"));
    CHECK(store::names_in(store->temporary_directory()).empty());
    auto scanned = scan_tree(*store, package->host);
    REQUIRE(scanned.ok());
    CHECK(scanned->digest() == package->digest);
    CHECK(import_crate(*store, "a", "1.0.0", upper(sha), dir / "gone.crate")->digest ==
          package->digest);  // from its mark

    damage(dir / "a-1.0.0.crate", bytes + "x");
    CHECK(import_crate(*store, "a", "1.0.0", sha, dir / "a-1.0.0.crate").ok());
    discard_place(*store, std::string(file_name(package->host)));
    auto bad = import_crate(*store, "a", "1.0.0", sha, dir / "a-1.0.0.crate");
    REQUIRE_FALSE(bad.ok());
    CHECK(bad.error().kind == ErrorKind::Project);
    CHECK(contains(bad.error().message, "checksum mismatch"));
    CHECK_FALSE(import_crate(*store, "../a", "1.0.0", sha, dir / "a-1.0.0.crate").ok());
    CHECK_FALSE(import_crate(*store, "a", "1.0.0", "abc", dir / "a-1.0.0.crate").ok());
    const std::string other = write_tar_gz({member("b-1.0.0/Cargo.toml", "")}, 0);  // another top directory
    write(dir / "b.crate", other);
    CHECK_FALSE(import_crate(*store, "a", "1.0.0", digest_of(other).hex(), dir / "b.crate").ok());
    write(dir / "junk.crate", "not a gzip");
    CHECK_FALSE(import_crate(*store, "a", "1.0.0", "", dir / "junk.crate").ok());
    CHECK(store::names_in(store->temporary_directory()).empty());
}

TEST_CASE("packages: any damage to a package makes it anew") {
    TemporaryDirectory dir;
    auto store = open(dir / "cache");
    write(dir / "a-1.0.0.crate", crate_bytes());
    const auto import = [&] {
        auto package = import_crate(*store, "a", "1.0.0", "", dir / "a-1.0.0.crate");
        REQUIRE(package.ok());
        CHECK(bytes_of(package->host + "/src/lib.rs") == "pub fn a() {}\n");
        return package->host;
    };
    const std::string host = import();
    const std::string file = host + "/src/lib.rs";
    const auto open_up = [&] {
        REQUIRE(platform::set_mode(host, 0755).ok());
        REQUIRE(platform::set_mode(host + "/src", 0755).ok());
    };
    damage(file, "pub fn b() {}\n");
    CHECK(import() == host);
    damage(file, "pub");
    import();
    open_up();
    REQUIRE(platform::remove_file(file).ok());
    import();
    open_up();
    write(host + "/src/extra.rs", "");
    import();
    CHECK_FALSE(platform::exists(host + "/src/extra.rs"));
    REQUIRE(platform::set_mode(host + "/run.sh", 0444).ok());
    import();
    const std::string mark = bytes_of(host + ".ok");
    CHECK(decode_mark(mark).has_value());
    for (const std::size_t cut : {std::size_t{0}, mark.size() / 2, mark.size() - 1}) {
        damage(host + ".ok", mark.substr(0, cut));
        CHECK_FALSE(decode_mark(bytes_of(host + ".ok")).has_value());
        import();
    }
    CHECK(bytes_of(host + ".ok") == mark);
    REQUIRE(platform::remove_tree(host).ok());
    import();
    const auto mtime = store::disk_stat(file).mtime_ns;  // a flip that restores size and time: only reading tells
    damage(file, "pub fn b() {}\n");
    REQUIRE(store::set_modified(file, mtime).ok());
    CHECK(find_place(*store, std::string(file_name(host)), digest_of(crate_bytes()).hex()).has_value());
    auto bad = verify_packages(*store);
    REQUIRE(bad.ok());
    CHECK(*bad == std::vector<std::string>{std::string(file_name(host))});
    import();
    CHECK(verify_packages(*store)->empty());
}

TEST_CASE("packages: four processes import one crate at once") {
    TemporaryDirectory dir;
    { auto store = open(dir / "cache"); }
    write(dir / "a-1.0.0.crate", crate_bytes());
    std::vector<pid_t> children;
    for (int p = 0; p < 4; ++p) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto opened = Store::open(dir / "cache");
            if (!opened) ::_exit(1);
            auto package = import_crate(**opened, "a", "1.0.0", "", dir / "a-1.0.0.crate");
            if (!package) ::_exit(2);
            ::_exit(bytes_of(package->host + "/src/lib.rs") == "pub fn a() {}\n" ? 0 : 3);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    CHECK(store::names_in(dir / "cache/pkg").size() == 2);  // the package and its mark
    CHECK(store::names_in(dir / "cache/tmp").empty());
}

TEST_CASE("packages: directories: checksums, links, what is left out; the name follows the content") {
    TemporaryDirectory dir;
    auto store = open(dir / "cache");
    const std::string vendor = dir / "vendor/a";
    write(vendor + "/Cargo.toml", "[package]\n");
    write(vendor + "/src/lib.rs", "// a\n");
    write(vendor + "/.cargo-checksum.json",
          cat("{\"files\":{\"src/lib.rs\":\"", digest_of("// a\n").hex(), "\"},\"package\":\"00ff\"}"));
    auto first = import_directory(*store, "crate-a-1.0.0-12345678", vendor);
    REQUIRE(first.ok());
    CHECK(contains(first->canonical, "/cermet/pkg/crate-a-1.0.0-12345678-"));
    CHECK(import_directory(*store, "crate-a-1.0.0-12345678", vendor)->canonical == first->canonical);
    write(vendor + "/src/lib.rs", "// b\n");
    auto changed = import_directory(*store, "crate-a-1.0.0-12345678", vendor);
    REQUIRE_FALSE(changed.ok());
    CHECK(changed.error().kind == ErrorKind::Project);
    CHECK(contains(changed.error().where.file, "src/lib.rs"));
    REQUIRE(platform::remove_file(vendor + "/src/lib.rs").ok());
    CHECK_FALSE(import_directory(*store, "crate-a-1.0.0-12345678", vendor).ok());
    write(vendor + "/.cargo-checksum.json", "{\"files\":{}}");  // as Debian ships them
    auto unlisted = import_directory(*store, "crate-a-1.0.0-12345678", vendor);
    REQUIRE(unlisted.ok());
    CHECK(unlisted->canonical != first->canonical);
    write(vendor + "/.cargo-checksum.json", "{");
    CHECK_FALSE(import_directory(*store, "crate-a-1.0.0-12345678", vendor).ok());

    const std::string git = dir / "checkout";
    write(git + "/.git/HEAD", "ref");
    write(git + "/.cargo-ok", "");
    write(git + "/a/Cargo.toml", "[package]\n");
    write(git + "/tool", "#!/bin/sh\n", 0755);
    REQUIRE(platform::make_symlink("a/Cargo.toml", git + "/link").ok());
    REQUIRE(platform::make_symlink("/etc/passwd", git + "/outside").ok());
    auto checkout = import_directory(*store, "git-a-1.0.0-12345678", git);
    REQUIRE(checkout.ok());
    CHECK(store::names_in(checkout->host) == std::vector<std::string>{"a", "link", "tool"});
    CHECK(*platform::read_link(checkout->host + "/link") == "a/Cargo.toml");
    CHECK(store::disk_stat(checkout->host + "/tool").mode == 0555);
    CHECK(import_directory(*store, "git-a-1.0.0-12345678", git)->digest == checkout->digest);
    CHECK_FALSE(import_directory(*store, "a/../b", git).ok());
    CHECK_FALSE(import_directory(*store, "git-x-1-12345678", dir / "absent").ok());
}

TEST_CASE("packages: RECORD's rows") {
    const auto rows = parse_record(
        "a.py,sha256=abc,3\n\"with,comma "
        "\"\"q\"\".py\",sha256=x=,12\r\nb.pyc,,\n\nc\\d.py,md5=1,x\n");
    REQUIRE(rows.size() == 4);
    CHECK(rows[0].path == "a.py");
    CHECK(rows[0].hash == "abc");
    CHECK(rows[0].size == 3);
    CHECK(rows[1].path == "with,comma \"q\".py");
    CHECK(rows[1].hash == "x");
    CHECK_FALSE(rows[2].size);
    CHECK(rows[3].path == "c/d.py");
    CHECK_FALSE(rows[3].size);
}

TEST_CASE("packages: a Python distribution is the same whoever installed it, and follows edits") {
    TemporaryDirectory dir;
    auto store = open(dir / "cache");
    const std::string info = install(dir / "venv1/site", "pip\n");
    auto first = import_python_distribution(*store, info);
    REQUIRE(first.ok());
    CHECK_FALSE(first->external);
    CHECK(contains(first->canonical, "/cermet/pkg/py-demo-pkg-1.2-"));
    CHECK(bytes_of(first->host + "/demo/__init__.py") == "x = 1\n");
    CHECK(store::disk_stat(first->host + "/demo/fast.so").mode == 0555);
    CHECK(store::names_in(first->host + "/Demo_Pkg-1.2.dist-info") == std::vector<std::string>{"METADATA"});
    CHECK(store::names_in(first->host + "/demo") == std::vector<std::string>{"__init__.py", "fast.so"});
    auto second = import_python_distribution(*store, install(dir / "venv2/site", "uv"));
    REQUIRE(second.ok());
    CHECK(second->canonical == first->canonical);
    CHECK(second->digest == first->digest);

    write(dir / "venv1/site/demo/__init__.py", "x = 2\n");  // same size, newer than RECORD
    REQUIRE(store::set_modified(dir / "venv1/site/demo/__init__.py", wall_ns() + 5'000'000'000LL).ok());
    auto edited = import_python_distribution(*store, info);
    REQUIRE(edited.ok());
    CHECK(edited->digest != first->digest);
    CHECK(bytes_of(edited->host + "/demo/__init__.py") == "x = 2\n");
    CHECK(bytes_of(first->host + "/demo/__init__.py") == "x = 1\n");

    // Believed by size and time, but RECORD is wrong: found while copying, and then only bytes count.
    const std::string site3 = dir / "venv3/site";
    const std::string info3 = install(site3, "pip\n");
    write(site3 + "/demo/fast.so", "XYZ", 0755);
    REQUIRE(store::set_modified(site3 + "/demo/fast.so", wall_ns() - 60'000'000'000LL).ok());
    discard_place(*store, std::string(file_name(first->host)));
    auto wrong = import_python_distribution(*store, info3);
    REQUIRE(wrong.ok());
    CHECK(bytes_of(wrong->host + "/demo/fast.so") == "XYZ");
    CHECK(import_python_distribution(*store, info3)->digest == wrong->digest);
}

TEST_CASE("packages: distributions without RECORD or in editable mode stay outside") {
    TemporaryDirectory dir;
    auto store = open(dir / "cache");
    const std::string info = install(dir / "site", "pip\n");
    write(info + "/direct_url.json", "{\"url\": \"file:///x\", \"dir_info\": {\"editable\": true}}");
    auto editable = import_python_distribution(*store, info);
    REQUIRE(editable.ok());
    CHECK(editable->external);
    CHECK(contains(editable->reason, "editable"));
    CHECK(editable->host == dir / "site");
    write(info + "/direct_url.json", "{\"url\": \"file:///x\", \"dir_info\": {}}");
    CHECK_FALSE(import_python_distribution(*store, info)->external);
    write(info + "/direct_url.json", "{broken");
    CHECK_FALSE(import_python_distribution(*store, info)->external);
    write(info + "/RECORD", "__editable___demo_finder.py,,\n");
    CHECK(import_python_distribution(*store, info)->external);
    REQUIRE(platform::remove_file(info + "/RECORD").ok());
    CHECK(import_python_distribution(*store, info)->external);
    CHECK_FALSE(import_python_distribution(*store, dir / "site/demo").ok());
}

}  // namespace cermet::fetch
