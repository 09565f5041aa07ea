// varde import, varde export
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "server/bulk/export.h"
#include "server/bulk/import.h"
#include "server/command/announce.h"
#include "server/command/command.h"
#include "server/command/config.h"
#include "server/command/instance.h"
#include "server/command/tell.h"
#include "server/interaction/request.h"
#include "server/storage/beside.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// On a terminal only: how far, how fast.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)), shown_(::isatty(STDERR_FILENO) != 0) {}
  ~ProgressLine() {
    if (shown_ && drawn_) tell("\n");
  }
  ProgressLine(const ProgressLine&) = delete;
  void draw(std::uint64_t done, std::uint64_t all, std::uint64_t resources) {
    const auto now = Clock::now();
    if (!shown_ || (drawn_ && done < all && now - last_ < std::chrono::milliseconds{200})) return;
    last_ = now, drawn_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    tell("\r{} {:3} %, {} resources, {:.0f}/s ", what_, all == 0 ? 100 : done * 100 / all, resources,
         seconds > 0 ? static_cast<double>(resources) / seconds : 0.0);
    std::fflush(stderr);
  }

 private:
  std::string what_;
  bool shown_, drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_{};
};

/// Lines that were refused, for whoever mends them: a file of the owner's alone, made when there is the first.
class ErrorFile {
 public:
  explicit ErrorFile(std::string path) : path_(std::move(path)) {}
  void add(const std::string& file, std::uint64_t line, const Failure& failure) {
    if (!out_) open();
    std::string quoted;
    fhir::write_json_string(file, quoted);
    fmt::print(out_.get(),
               R"({{"file":{},"line":{},"outcome":{}}})"
               "\n",
               quoted, line, interaction::outcome_json(failure));
    std::fflush(out_.get());
  }

 private:
  void open() {
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0)
      throw fs::filesystem_error("cannot be written", path_, std::error_code(errno, std::generic_category()));
    out_.reset(::fdopen(descriptor, "ab"));
  }
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, Close> out_;
};

}  // namespace

int import(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  std::vector<fs::path> files;
  for (const auto& word : arguments.words)
    for (auto& file : bulk::resource_files(word)) files.push_back(std::move(file));
  const std::string errors_path = arguments.get("--errors").value_or("import-errors.ndjson");
  ErrorFile errors(errors_path);
  Instance varde(*config, [](std::string_view line) { tell("{}\n", line); });
  bulk::ImportCount all;
  for (const auto& file : files) {
    ProgressLine line(file.filename());
    const auto size = fs::file_size(file);
    bulk::ImportOptions options;
    options.longest = config->body_bytes, options.again = arguments.has("--again");
    options.progress = [&](std::uint64_t bytes, const bulk::ImportCount& count) {
      line.draw(bytes, size, count.stored);
    };
    options.refused = [&](std::uint64_t number, const Failure& failure) { errors.add(file.string(), number, failure); };
    const auto count = varde.import_file(file, options);
    all.stored += count.stored, all.refused += count.refused, all.before += count.before;
  }
  fmt::print("{} resources stored, {} refused{}\n", all.stored, all.refused,
             all.before > 0 ? fmt::format(", {} lines were imported before", all.before) : "");
  if (all.refused > 0) tell("varde: what was refused, and why, is in {}\n", errors_path);
  return all.refused > 0 ? kProblems : kOk;
}

int import_benefits(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  std::ifstream in(arguments.words.at(0), std::ios::binary);
  if (!in) {
    fmt::print(stderr, "varde: {} cannot be read\n", arguments.words.at(0));
    return kWrongUse;
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Instance varde(*config, [](std::string_view line) { fmt::print(stderr, "{}\n", line); });
  const auto count = varde.import_care(text);
  if (!count) {
    fmt::print(stderr, "{}\n", count.error().diagnostics);
    for (const auto& problem : count.error().also) fmt::print(stderr, "{}\n", problem.diagnostics);
    fmt::print(stderr, "varde: nothing is stored\n");
    return kProblems;
  }
  fmt::print("{} lines stored, {} known before\n", count->stored, count->known);
  return kOk;
}

int export_store(const Arguments& arguments) {
  const auto config = config_of(arguments);
  if (!config) return wrong_settings(config.error());
  std::set<std::string> types;
  const std::string list = arguments.get("--types").value_or("");
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto name = list.substr(at, end - at);
    if (fhir::find_resource_type(name) == fhir::TypeId::none) {
      tell("varde: --types: R4 has no resource type {}\n", name);
      return kWrongUse;
    }
    types.insert(name), at = end + 1;
  }
  announce(*config, "exported by the command varde export", types.empty() ? "types=all" : "types=" + list);
  storage::Options options;
  options.directory = config->store_directory();
  options.server = config->postgresql, options.zone = config->zone;
  bulk::ExportCount count;
  storage::read_beside(options, [&](const storage::Snapshot& snapshot) {
    ProgressLine line("export");
    count = bulk::export_to(arguments.words[0], snapshot, types,
                            [&](std::uint64_t done, std::uint64_t all) { line.draw(done, all, done); });
  });
  fmt::print("{} resources, {} bytes\n", count.resources, count.bytes);
  return kOk;
}

}  // namespace varde::command
