/// batch and transaction: https://hl7.org/fhir/R4/http.html#transaction
/// And Bundles of type collection, as Norwegian measurement senders post them (VKP/PMD): a batch of creates, which a
/// Bundle.identifier makes safe to repeat.
#include "server/interaction/answer.h"
#include "server/interaction/bundle.h"
#include "server/interaction/entry.h"
#include "server/interaction/interactions.h"
#include "server/interaction/reading.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using storage::Transaction;

/// "Observation.status" -> "Bundle.entry[3].resource.status", so that the sender finds the place in what was sent.
void say_entry(Failure& failure, std::size_t index) {
  const std::string entry = "Bundle.entry[" + std::to_string(index) + "]";
  const auto one = [&](Failure& f) {
    if (f.expression.starts_with("Bundle.entry[")) return;
    const std::size_t dot = f.expression.find('.');
    const bool in_resource = !f.expression.empty() && f.expression[0] >= 'A' && f.expression[0] <= 'Z';
    f.expression =
        in_resource ? entry + ".resource" + (dot == std::string::npos ? "" : f.expression.substr(dot)) : entry;
  };
  one(failure);
  for (Failure& further : failure.also) one(further);
}

std::string status_text(int status) {
  switch (status) {
    case 200: return "200 OK";
    case 201: return "201 Created";
    case 204: return "204 No Content";
    default: return std::to_string(status);
  }
}

void append(const Entry& entry, const EntryAnswer& answer, bool with_resource, BundleText& bundle) {
  BundleText::Entry out;
  const std::string status = status_text(answer.status);
  const std::string at = answer.version ? fhir_instant(answer.version->updated) : std::string();
  const std::string etag = answer.version ? etag_of(answer.version->version) : std::string();
  std::string location;
  if (answer.version) {
    location = std::string(fhir::row_of(answer.version->type).name) + "/" + answer.version->id + "/_history/" +
               std::to_string(answer.version->version);
  }
  out.full_url = entry.full_url;
  out.status = status, out.etag = etag, out.last_modified = at, out.location = location;
  if (!answer.resource.empty())
    out.resource = answer.resource;
  else if (with_resource && answer.version)
    out.resource = answer.version->bytes;
  out.outcome = answer.outcome;
  bundle.entry(out);
}

Response respond(const std::vector<Entry>& entries, const std::vector<EntryAnswer>& answers, std::string_view type,
                 const Request& request) {
  BundleText bundle(type);
  const bool with_resources = preferred_return(request, Return::minimal) == Return::representation;
  for (std::size_t i = 0; i < entries.size(); ++i) append(entries[i], answers[i], with_resources, bundle);
  Response out;
  out.body = std::move(bundle).finish();
  return out;
}

Result<Response> transaction(const Request& request, Context& context, std::vector<Entry> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].failure) {
      say_entry(*entries[i].failure, i);
      return tl::unexpected<Failure>(std::move(*entries[i].failure));
    }
  if (auto apart = refuse_repeats(entries); !apart) return tl::unexpected<Failure>(std::move(apart.error()));
  auto done = context.database.write([&](Transaction& job) -> Result<std::vector<EntryAnswer>> {
    std::vector<EntryAnswer> answers(entries.size());
    const auto failed = [&](Failure failure, std::size_t i) {
      say_entry(failure, i);
      return tl::unexpected<Failure>(std::move(failure));
    };
    // Who is who first, then every reference, then the steps in the order of the specification.
    IdByFullUrl ids;
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (auto known = identify(entries[i], job, context, request.base, ids); !known)
        return failed(std::move(known.error()), i);
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (auto resolved = resolve_references(entries[i], ids, job, request.base); !resolved)
        return failed(std::move(resolved.error()), i);
    struct Step {
      std::string_view method;
      bool judged;
    };
    constexpr Step kSteps[] = {{"DELETE", false}, {"POST", false}, {"PUT", false},  {"PATCH", false},
                               {"POST", true},    {"PUT", true},   {"PATCH", true}, {"GET", false}};
    for (const Step& step : kSteps)
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool judged = entries[i].resource && context.store.is_judged(entries[i].request.type);
        if (entries[i].method() != step.method || judged != step.judged) continue;
        auto answer = perform(entries[i], job, context);
        if (!answer) return failed(std::move(answer.error()), i);
        answers[i] = std::move(*answer);
      }
    return answers;
  });
  if (!done) return tl::unexpected<Failure>(std::move(done.error()));
  return respond(entries, *done, "transaction-response", request);
}

/// Each entry is a job of its own; all are queued before the first is waited for, so that they share commits.
Result<Response> batch(const Request& request, Context& context, std::vector<Entry> entries) {
  std::vector<EntryAnswer> answers(entries.size());
  std::vector<std::future<void>> waiting(entries.size());
  const auto refuse = [&](Failure failure, std::size_t i) {
    say_entry(failure, i);
    locate(request, failure);
    answers[i] = refused(failure);
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].failure) {
      refuse(std::move(*entries[i].failure), i);
      continue;
    }
    if (entries[i].method() == "GET") continue;  // reads see what the batch wrote
    auto queued = context.database.submit([&, i](Transaction& job) {
      IdByFullUrl ids;
      auto answer = identify(entries[i], job, context, request.base, ids)
                        .and_then([&] { return resolve_references(entries[i], entries[i].known, job, request.base); })
                        .and_then([&] { return perform(entries[i], job, context); });
      if (answer)
        answers[i] = std::move(*answer);
      else
        refuse(std::move(answer.error()), i);
      return answer.has_value();
    });
    if (queued)
      waiting[i] = std::move(*queued);
    else
      refuse(std::move(queued.error()), i);
  }
  std::exception_ptr broken;
  for (auto& one : waiting) try {
      if (one.valid()) one.get();
    } catch (...) {
      broken = std::current_exception();  // the others still hold references into this frame
    }
  if (broken) std::rethrow_exception(broken);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].failure || entries[i].method() != "GET") continue;
    auto answer = read_within(request, context,
                              [&](const storage::Snapshot& snapshot) { return fetch(entries[i], snapshot, context); });
    if (answer)
      answers[i] = std::move(*answer);
    else
      refuse(std::move(answer.error()), i);
  }
  return respond(entries, answers, "batch-response", request);
}

}  // namespace

Result<Response> batch_or_transaction(const Request& request, Context& context) {
  auto tree = parse_body(request);
  if (!tree) return tl::unexpected<Failure>(std::move(tree.error()));
  const fhir::Element bundle = tree->root();
  if (bundle.type_name() != "Bundle")
    return fail(Fault::value_malformed, "The base takes a Bundle; send a single resource to the address of its type.",
                std::string(bundle.type_name()));
  const std::string_view type = bundle["type"].value();
  if (type == "transaction" || type == "batch" || type == "collection") {
    auto entries = read_entries(bundle, type == "collection" ? Reading::resources : Reading::requests, request);
    if (!entries) return tl::unexpected<Failure>(std::move(entries.error()));
    return type == "transaction" ? transaction(request, context, std::move(*entries))
                                 : batch(request, context, std::move(*entries));
  }
  return fail(type.empty() ? Fault::required_missing : Fault::not_supported,
              "A Bundle sent to the base is a transaction, a batch, or a collection of resources to be created.",
              "Bundle.type");
}

}  // namespace varde::interaction
