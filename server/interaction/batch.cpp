/// batch: https://hl7.org/fhir/R4/http.html#transaction, each entry for itself.
/// And Bundles of type collection, as Norwegian measurement senders post them (VKP/PMD): a batch of creates, which a
/// Bundle.identifier makes safe to repeat.
#include <algorithm>
#include <deque>
#include <future>
#include <new>

#include "fhir-model/json/json.h"
#include "fhir-model/xml/xml.h"
#include "server/interaction/answer.h"
#include "server/interaction/bundle_answer.h"
#include "server/interaction/condition.h"
#include "server/interaction/history_import.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reach.h"
#include "server/interaction/write.h"

namespace varde::interaction {
namespace {

/// So many entries wait for the writer at a time: enough to share commits, few enough to leave the queue to others.
constexpr std::size_t kMostWaiting = 256;

/// Of a collection: who is known here already, and where every fullUrl will lead. Entries may point to each other.
FullUrls settle_collection(std::vector<Entry>& entries, const View& view) {
  FullUrls urls;
  for (Entry& entry : entries) {
    if (entry.failure || entry.doing != Doing::create) continue;
    const auto current = entry.known_as.empty() ? std::nullopt : view.current(entry.request.type, entry.known_as);
    if (current && current->method != storage::Method::remove) {
      entry.doing = Doing::update;
      entry.request.method = "PUT", entry.request.id = entry.known_as;
      urls.lead(entry.full_url, std::string(fhir::row_of(entry.request.type).name) + "/" + entry.known_as,
                current->version + 1);
    } else if (entry.fixed_id) {
      urls.lead(entry.full_url, std::string(fhir::row_of(entry.request.type).name) + "/" + *entry.fixed_id, 1);
    }
  }
  return urls;
}

Result<EntryAnswer> do_one(Entry& entry, Act& act, const Dispatcher& dispatcher, const std::string& base,
                           const FullUrls& urls) {
  const FindOne finding = [&](fhir::TypeId type, const Parameters& criteria) {
    return find_one(type, criteria, base, act);
  };
  auto known = identify(entry, act, urls, finding);
  FHIR_TRY(known);
  if (entry.resource) {
    auto left = replace_links(*entry.resource, entry.full_url, urls);
    FHIR_TRY(left);
    entry.conditional = std::move(*left);
    auto resolved = resolve_conditional(entry, urls, finding);
    FHIR_TRY(resolved);
    if (!*resolved)
      return fail(Fault::reference_unresolved, "Nothing matches a conditional reference.",
                  fhir::Editor(*entry.resource, entry.conditional.front()).path());
  }
  return perform(entry, act, dispatcher);
}

/// Jobs of one batch on their way to the writer. Waits for all of them, whatever happens: they refer to the batch.
class Waiting {
 public:
  ~Waiting() {
    while (!jobs_.empty()) wait_for_first();
  }
  void add(std::future<void> job) {
    try {
      jobs_.push_back(std::move(job));
    } catch (const std::bad_alloc&) {
      job.wait();
      throw;
    }
    if (jobs_.size() >= kMostWaiting) wait_for_first();
  }
  void finish() {
    while (!jobs_.empty()) wait_for_first();
    if (broken_) std::rethrow_exception(std::exchange(broken_, nullptr));
  }

 private:
  void wait_for_first() {
    try {
      jobs_.front().get();
    } catch (...) {
      broken_ = std::current_exception();
    }
    jobs_.pop_front();
  }
  std::deque<std::future<void>> jobs_;
  std::exception_ptr broken_;
};

/// Lines and columns of all that is wrong are found in one reading of the body.
void answer_refused(const Request& request, std::vector<std::optional<Failure>>& failures,
                    std::vector<EntryAnswer>& answers) {
  Failure all{Fault::internal, {}};
  for (std::size_t i = 0; i < failures.size(); ++i) {
    if (!failures[i]) continue;
    say_entry(*failures[i], i);
    all.also.push_back(std::move(*failures[i]));
  }
  if (all.also.empty()) return;
  locate(request, all);
  auto told = all.also.begin();
  for (std::size_t i = 0; i < failures.size(); ++i)
    if (failures[i]) answers[i] = refused(*told++);
}

}  // namespace

Result<Response> batch(const Request& request, const Dispatcher& dispatcher, std::vector<Entry> entries) {
  const Repository repository = dispatcher.repository_of(request);
  std::vector<EntryAnswer> answers(entries.size());
  std::vector<std::optional<Failure>> failures(entries.size());
  const auto refuse = [&](Failure failure, std::size_t i) { failures[i] = std::move(failure); };
  const FullUrls urls = repository.read([&](const View& view) { return settle_collection(entries, view); });
  Waiting waiting;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].failure) {
      refuse(std::move(*entries[i].failure), i);
      continue;
    }
    if (!entries[i].writes()) continue;  // reads see what the batch wrote
    auto queued = repository.submit([&, i](Act& act) {
      auto answer = within_budget([&] { return do_one(entries[i], act, dispatcher, request.base, urls); });
      if (answer)
        answers[i] = std::move(*answer);
      else
        refuse(std::move(answer.error()), i);
      return answer.has_value();
    });
    if (queued)
      waiting.add(std::move(*queued));
    else
      refuse(std::move(queued.error()), i);
  }
  waiting.finish();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].failure || entries[i].writes()) continue;
    auto answer = repository.read([&](const View& view) { return fetch(entries[i], urls, view, dispatcher); },
                                  *request.budget, moment_of(entries[i].request));
    if (answer)
      answers[i] = std::move(*answer);
    else
      refuse(std::move(answer.error()), i);
  }
  answer_refused(request, failures, answers);
  return respond(entries, answers, "batch-response", request);
}

namespace {

/// A Bundle as far as it can be read, and what is wrong in its entries.
struct Received {
  fhir::Tree tree;
  std::vector<Failure> wrong = {};
};

bool is_of_entries(const Failure& failure) { return failure.expression.starts_with("Bundle.entry["); }

/// In a batch what is wrong with one entry's JSON or XML costs the others nothing.
Result<Received> read_bundle(const Request& request) {
  auto tree = parse_body(request);
  if (tree) return Received{std::move(*tree)};
  if (!is_of_entries(tree.error())) return hand_on(tree);
  Received received{fhir::Tree::of("Bundle")};
  auto forgiving = is_json(request) ? fhir::parse_json(request.body, {}, received.wrong)
                                    : fhir::parse_xml(request.body, {}, received.wrong);
  const std::string_view type = forgiving ? forgiving->root()["type"].value() : std::string_view();
  if ((type != "batch" && type != "collection") || !std::ranges::all_of(received.wrong, is_of_entries))
    return hand_on(tree);
  received.tree = std::move(*forgiving);
  return received;
}

}  // namespace

Result<Response> create_bundle(const Request& request, const Dispatcher& dispatcher) {
  auto tree = parse_body(request);
  if (tree && tree->root()["type"].value() == "collection" && hides_readings(tree->root(), dispatcher.context().store))
    return batch_or_transaction(request, dispatcher);
  static const Route kCreate{"POST", "Bundle", create, Doing::create};
  return dispatcher.run(kCreate, request);
}

Result<Response> batch_or_transaction(const Request& request, const Dispatcher& dispatcher) {
  const bool conditional = !request.if_match.empty() || !request.if_none_match.empty() ||
                           !request.if_none_exist.empty() || !request.if_unmodified_since.empty();
  if (conditional)
    return fail(Fault::not_supported,
                "The conditions of a Bundle stand in the requests of its entries, not in headers.");
  auto received = read_bundle(request);
  FHIR_TRY(received);
  const fhir::Element bundle = received->tree.root();
  if (bundle.type_name() != "Bundle")
    return fail(Fault::value_malformed, "The base takes a Bundle; send a single resource to the address of its type.",
                std::string(bundle.type_name()));
  const std::string_view type = bundle["type"].value();
  if (type == "transaction") {
    auto attempt = Attempt::first;
    return again_where_contended([&]() -> Result<Response> {
      auto entries = read_entries(bundle, Reading::requests, request, dispatcher, received->wrong);
      FHIR_TRY(entries);
      return transaction(request, dispatcher, std::move(*entries), std::exchange(attempt, Attempt::another));
    });
  }
  if (type == "batch" || type == "collection") {
    auto entries = read_entries(bundle, type == "collection" ? Reading::resources : Reading::requests, request,
                                dispatcher, std::move(received->wrong));
    FHIR_TRY(entries);
    return batch(request, dispatcher, std::move(*entries));
  }
  if (type == "history") return import_history(request, dispatcher, std::move(received->tree));
  return fail(type.empty() ? Fault::required_missing : Fault::not_supported,
              "A Bundle sent to the base is a transaction, a batch, a collection of resources to be created, or a "
              "history to be gone through again.",
              "Bundle.type");
}

}  // namespace varde::interaction
