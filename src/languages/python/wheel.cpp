// Writing wheels: the order of members, RECORD, WHEEL and the names of directories.
// SPDX-License-Identifier: MIT
#include "languages/python/wheel.h"

#include <algorithm>
#include <memory>

#include "base/archive/parallel.h"
#include "base/path.h"
#include "base/text.h"
#include "platform/os.h"

namespace cermet::python {

namespace wheel_detail {

// One member with the memory that holds its bytes.
struct Part {
    std::string path;
    std::string owned;
    platform::MappedFile mapped;
    bool from_file = false;
    bool executable = false;
    Digest digest;
    std::string_view bytes() const { return from_file ? mapped.bytes() : std::string_view(owned); }
};

Result<Part> make_part(const WheelFile& file, std::string path) {
    Part out;
    out.path = std::move(path);
    out.executable = file.executable;
    if (file.host_path.empty()) {
        out.owned = file.bytes;
        return out;
    }
    auto mapped = platform::MappedFile::open(file.host_path);
    if (!mapped) return std::move(mapped).error().note(cat("while packing ", out.path));
    out.mapped = *std::move(mapped);
    out.from_file = true;
    return out;
}

// Places that belong to the wheel's own bookkeeping.
Status check_place(const std::string& path) {
    std::string top = path.substr(0, path.find('/'));
    auto ends = [&top](std::string_view end) {
        return top.size() > end.size() && std::string_view(top).substr(top.size() - end.size()) == end;
    };
    if (ends(".dist-info") || ends(".egg-info")) {
        return project_error(cat("'", path, "' lies in a metadata directory, which the wheel makes itself"));
    }
    if (extension(path) == ".pyc") return project_error(cat("'", path, "' is bytecode, which wheels do not carry"));
    return {};
}

Result<std::vector<Part>> payload(const WheelPlan& plan) {
    std::vector<Part> out;
    std::string data = distribution_stem(plan.name, plan.version) + ".data/scripts/";
    for (const WheelFile& file : plan.files) {
        TRY_VOID(check_place(file.path));
        TRY(part, make_part(file, file.path));
        out.push_back(std::move(part));
    }
    for (const WheelFile& file : plan.scripts) {
        if (file.path.empty() || contains(file.path, "/")) {
            return project_error(cat("'", file.path, "' is not the name of a script"));
        }
        TRY(part, make_part(file, data + file.path));
        part.executable = true;
        out.push_back(std::move(part));
    }
    std::sort(out.begin(), out.end(), [](const Part& a, const Part& b) { return a.path < b.path; });
    return out;
}

Status info_parts(const WheelPlan& plan, std::vector<Part>& parts) {
    std::string directory = dist_info_name(plan.name, plan.version);
    std::vector<Part> info;
    auto add = [&](const std::string& path, std::string bytes) {
        Part part;
        part.path = cat(directory, "/", path);
        part.owned = std::move(bytes);
        info.push_back(std::move(part));
    };
    bool metadata = false;
    for (const InfoFile& file : plan.info) {
        if (file.path == "RECORD" || file.path == "WHEEL") return bug(cat("info() gave ", file.path));
        metadata = metadata || file.path == "METADATA";
        add(file.path, file.bytes);
    }
    if (!metadata) return bug("a wheel without METADATA was asked for");
    add("WHEEL", wheel_text(plan.tags, plan.build, plan.generator));
    std::sort(info.begin(), info.end(), [](const Part& a, const Part& b) { return a.path < b.path; });
    std::move(info.begin(), info.end(), std::back_inserter(parts));
    return {};
}

std::string csv(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    return cat("\"", replace_all(text, "\"", "\"\""), "\"");
}

class FileSink : public ByteSink {
   public:
    explicit FileSink(std::string path) : path_(std::move(path)) {}
    Status write(std::string_view bytes) override {
        buffer_.append(bytes);
        return buffer_.size() < (std::size_t{4} << 20) ? Status() : flush();
    }
    Status flush() {
        if (buffer_.empty()) return {};
        Status status = platform::append_file(path_, buffer_);
        buffer_.clear();
        return status;
    }

   private:
    std::string path_;
    std::string buffer_;
};

}  // namespace wheel_detail

std::vector<InfoFile> info_files(const Project& project) {
    std::vector<InfoFile> out;
    out.push_back({"METADATA", metadata_text(project, MetadataFor::Wheel)});
    std::string entry_points = entry_points_text(project);
    if (!entry_points.empty()) out.push_back({"entry_points.txt", entry_points});
    for (const LicenseFile& file : project.license_files) out.push_back({"licenses/" + file.path, file.bytes});
    return out;
}

std::string wheel_text(const TagSet& tags, std::string_view build, std::string_view generator) {
    std::string out =
        cat("Wheel-Version: 1.0\nGenerator: ", generator, "\nRoot-Is-Purelib: ", tags.pure() ? "true" : "false", "\n");
    for (const std::string& tag : tags.expanded()) out += cat("Tag: ", tag, "\n");
    if (!build.empty()) out += cat("Build: ", build, "\n");
    return out;
}

std::string record_line(std::string_view path, const Digest& digest) {
    std::string_view raw(reinterpret_cast<const char*>(digest.hash.data()), digest.hash.size());
    return cat(wheel_detail::csv(path), ",sha256=", base64url(raw), ",", std::to_string(digest.size), "\n");
}

std::string dist_info_name(std::string_view name, const Version& version) {
    return distribution_stem(name, version) + ".dist-info";
}

std::int64_t archive_time(std::string_view source_date_epoch) {
    std::string_view text = trim(source_date_epoch);
    if (text.empty() || text.size() > 15) return k_default_mtime;
    std::int64_t out = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return k_default_mtime;
        out = out * 10 + (c - '0');
    }
    return out;
}

Result<BuiltWheel> write_wheel(const WheelPlan& plan, ByteSink& sink) {
    using wheel_detail::Part;
    TRY(parts, wheel_detail::payload(plan));
    TRY_VOID(wheel_detail::info_parts(plan, parts));
    std::uint64_t total = 0;
    for (const Part& part : parts) total += part.bytes().size();
    int threads = total < (1U << 20) ? 1 : archive_threads(plan.threads);
    run_in_order(
        parts.size(), threads, [&](std::size_t i) { parts[i].digest = digest_of(parts[i].bytes()); },
        [](std::size_t) { return true; });
    BuiltWheel out;
    std::vector<ZipMember> members;
    for (const Part& part : parts) {
        members.push_back({part.path, part.bytes(), part.executable});
        out.record += record_line(part.path, part.digest);
    }
    std::string record_path = dist_info_name(plan.name, plan.version) + "/RECORD";
    out.record += cat(wheel_detail::csv(record_path), ",,\n");
    members.push_back({record_path, out.record, false});
    ZipOptions options;
    options.mtime = plan.mtime;
    options.level = plan.level;
    options.threads = plan.threads;
    auto written = write_zip(members, options, sink);
    out.file_name = wheel_file_name(plan.name, plan.version, plan.build, plan.tags);
    if (!written) return std::move(written).error().note(cat("while packing ", out.file_name));
    return out;
}

Result<BuiltWheel> write_wheel_file(const WheelPlan& plan, const std::string& directory) {
    TRY_VOID(platform::make_directories(directory));
    std::string name = wheel_file_name(plan.name, plan.version, plan.build, plan.tags);
    std::string target = join_path(directory, name), temporary = target + ".part";
    TRY_VOID(platform::write_file(temporary, ""));
    wheel_detail::FileSink sink(temporary);
    auto built = write_wheel(plan, sink);
    Status status = built.ok() ? sink.flush() : Status(built.error());
    if (status.ok()) status = platform::rename_path(temporary, target);
    if (!status.ok()) {
        (void)platform::remove_file(temporary);
        return std::move(status).error();
    }
    return std::move(*built);
}

}  // namespace cermet::python
