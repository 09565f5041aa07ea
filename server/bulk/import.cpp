#include "server/bulk/import.h"

#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "server/bulk/lines.h"
#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/write.h"
#include "server/storage/imports.h"

namespace varde::bulk {

namespace {

using interaction::Act;

constexpr std::size_t kLinesAtOnce = 64;                    // stored as one, while none is refused
constexpr std::size_t kBytesAtOnce = std::size_t{4} << 20;  // and no more of them than these
constexpr std::size_t kMostAhead = 6;                       // such parts that are read and not yet stored

struct Line {
  std::uint64_t number = 0;
  std::string text;
  Result<fhir::Tree> tree = tl::unexpected(Failure{Fault::required_missing, "not read yet"});
};

/// Some lines that follow each other.
struct Part {
  std::vector<Line> lines;
  std::uint64_t bytes = 0;  ///< of the file, up to here
  std::uint64_t last() const { return lines.back().number; }
};

Result<fhir::Tree> read_line(const std::string& text) {
  auto tree = fhir::parse_json(text);
  FHIR_TRY(tree);
  FHIR_TRY(fhir::require_valid(tree->root()));
  return tree;
}

Result<void> store(Act& act, fhir::Editor resource) {
  const std::string id(resource["id"].value());
  if (id.empty()) return interaction::create_in(act, resource, {}).map([](const auto&) {});
  return interaction::update_in(act, resource, id, {}).map([](const auto&) {});
}

/// One NDJSON file on its way.
class Importing {
 public:
  Importing(const std::filesystem::path& file, const interaction::Repository& repository, const ImportOptions& options)
      : lines_(file, options.longest), identity_(identity_of(file)), repository_(repository), options_(options) {}

  ~Importing() {  // what is on its way refers to us
    for (const auto& waiting : sent_)
      if (waiting->done.valid()) waiting->done.wait();
  }
  Importing(const Importing&) = delete;

  ImportCount run() {
    const auto state =
        repository_.read([&](const interaction::View& view) { return storage::imports::get(view, identity_); });
    if (!options_.again) count_.before = state.lines;
    if (state.finished && !options_.again) return count_;
    std::deque<std::future<Part>> read;
    for (bool more = true; more || !read.empty();) {
      while (more && read.size() < kMostAhead) {
        Part part = next_part();
        more = !part.lines.empty();
        if (more) read.push_back(std::async(std::launch::async, check, std::move(part)));
      }
      if (read.empty()) break;
      send(read.front().get());
      read.pop_front();
    }
    while (!sent_.empty()) settle_first();
    finish();
    return count_;
  }

 private:
  Part next_part() {
    Part part;
    std::size_t bytes = 0;
    while (part.lines.size() < kLinesAtOnce && bytes < kBytesAtOnce && lines_.next()) {
      if (lines_.number() <= count_.before) continue;
      if (lines_.line().empty() && !lines_.is_too_long()) continue;
      bytes += lines_.line().size();
      Line line{lines_.number(), lines_.line()};
      if (lines_.is_too_long())
        line.tree = tl::unexpected(Failure{Fault::too_large, "This line is longer than a resource may be."});
      part.lines.push_back(std::move(line));
    }
    part.bytes = lines_.bytes_read();
    return part;
  }

  static Part check(Part part) {
    for (Line& line : part.lines)
      if (line.tree || line.tree.error().fault != Fault::too_large) line.tree = read_line(line.text);
    return part;
  }

  /// On its way to the writer, who does one after the other: where one refuses, those behind it wait.
  struct Sent {
    Part part;
    std::uint64_t good = 0;
    bool stored = false;
    std::future<void> done = {};
  };

  void send(Part part) {
    auto sent = std::make_unique<Sent>(Sent{std::move(part)});
    for (const Line& line : sent->part.lines)
      if (line.tree)
        ++sent->good;
      else
        refuse(line, line.tree.error());
    submit(*sent);
    sent_.push_back(std::move(sent));
    if (sent_.size() >= kMostAhead) settle_first();
  }

  void submit(Sent& sent) {
    auto queued = repository_.submit([this, &sent](Act& act) {
      sent.stored = !stopped_ && store_all(act, sent.part);
      stopped_ = !sent.stored;
      return sent.stored;
    });
    if (!queued) throw std::runtime_error(queued.error().diagnostics);
    sent.done = std::move(*queued);
  }

  bool store_all(Act& act, Part& part) const {
    std::vector<std::pair<fhir::TypeId, std::string>> places;
    for (const Line& line : part.lines)
      if (line.tree) places.emplace_back(line.tree->root().type(), line.tree->root()["id"].value());
    static_cast<const storage::Snapshot&>(act).foresee(places);
    for (Line& line : part.lines)
      if (line.tree && !store(act, line.tree->edit())) return false;
    storage::imports::put(act.transaction(), identity_, {part.last()});
    return true;
  }

  void settle_first() {
    sent_.front()->done.get();
    if (sent_.front()->stored) {
      count_.stored += sent_.front()->good;
      options_.progress(sent_.front()->part.bytes, count_);
      sent_.pop_front();
      return;
    }
    for (const auto& waiting : sent_)
      if (waiting->done.valid()) waiting->done.get();
    stopped_ = false;
    for (; !sent_.empty(); sent_.pop_front()) {
      keep_each(sent_.front()->part);
      options_.progress(sent_.front()->part.bytes, count_);
    }
  }

  void keep_each(Part& part) {
    for (Line& line : part.lines) {
      if (!line.tree) continue;
      auto fresh = read_line(line.text);  // what was tried has been written into
      const auto stored = repository_.write([&](Act& act) -> Result<void> {
        FHIR_TRY(store(act, fresh->edit()));
        storage::imports::put(act.transaction(), identity_, {line.number});
        return {};
      });
      if (stored)
        ++count_.stored;
      else
        refuse(line, stored.error());
    }
  }

  void refuse(const Line& line, Failure failure) {
    ++count_.refused;
    fhir::locate_json(line.text, failure);
    options_.refused(line.number, failure);
  }

  void finish() {
    const auto done = repository_.write([&](Act& act) -> Result<void> {
      storage::imports::put(act.transaction(), identity_, {lines_.number(), true});
      return {};
    });
    if (!done) throw std::runtime_error(done.error().diagnostics);
  }

  Lines lines_;
  const std::string identity_;
  const interaction::Repository& repository_;
  const ImportOptions& options_;
  ImportCount count_;
  std::deque<std::unique_ptr<Sent>> sent_;
  bool stopped_ = false;  ///< the writer's, while anything is on its way
};

// --- a file that is one resource -------------------------------------------------------------------------------------

interaction::Request request_of(const std::filesystem::path& file, std::string text, const std::string& base) {
  interaction::Request request;
  const std::string name = file.filename();
  const bool xml = name.ends_with(".xml") || name.ends_with(".xml.gz");
  request.content_type = xml ? "application/fhir+xml" : "application/fhir+json";
  request.method = "POST", request.base = base, request.body = std::move(text);
  Allowance allowance;
  allowance.time = std::chrono::hours{24}, allowance.steps = UINT64_MAX, allowance.bytes = SIZE_MAX;
  request.budget = std::make_shared<Budget>(allowance);
  return request;
}

bool is_taken_apart(std::string_view bundle_type) {
  return bundle_type == "transaction" || bundle_type == "batch" || bundle_type == "collection";
}

/// Counts the entries of a Bundle that was answered.
void count_entries(const interaction::Response& answer, ImportCount& count, const ImportOptions& options) {
  const auto tree = fhir::parse_json(answer.body);
  if (!tree) return;
  std::uint64_t number = 0;
  for (const auto entry : tree->root().each("entry")) {
    ++number;
    const auto response = entry["response"];
    if (response["status"].value().starts_with('2')) {
      ++count.stored;
      continue;
    }
    ++count.refused;
    options.refused(number, {Fault::business_rule, std::string(response["outcome"]["issue"]["diagnostics"].value()),
                             std::string(response["outcome"]["issue"]["expression"].value())});
  }
}

ImportCount import_resource(const std::filesystem::path& file, const interaction::Repository& repository,
                            const interaction::Dispatcher& dispatcher, const std::string& base,
                            const ImportOptions& options) {
  ImportCount count;
  const auto refuse = [&](const Failure& failure) { ++count.refused, options.refused(1, failure); };
  auto request = request_of(file, whole_text(file, options.longest), base);
  auto tree = interaction::parse_body(request);
  if (!tree) {
    interaction::locate(request, tree.error());
    refuse(tree.error());
  } else if (tree->root().type_name() == "Bundle" && is_taken_apart(tree->root()["type"].value())) {
    const auto answer = interaction::batch_or_transaction(request, dispatcher);
    if (answer)
      count_entries(*answer, count, options);
    else
      refuse(answer.error());
  } else {
    const auto stored = fhir::require_valid(tree->root()).and_then([&] {
      return repository.write([&](Act& act) { return store(act, tree->edit()); });
    });
    if (stored)
      ++count.stored;
    else
      refuse(stored.error());
  }
  options.progress(std::filesystem::file_size(file), count);
  return count;
}

}  // namespace

ImportCount import_file(const std::filesystem::path& file, const interaction::Repository& repository,
                        const interaction::Dispatcher& dispatcher, const std::string& base,
                        const ImportOptions& options) {
  const std::string name = file.filename();
  if (name.ends_with(".ndjson") || name.ends_with(".ndjson.gz")) return Importing(file, repository, options).run();
  return import_resource(file, repository, dispatcher, base, options);
}

}  // namespace varde::bulk
