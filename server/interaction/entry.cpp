#include "server/interaction/entry.h"

#include <stdexcept>

#include "fhir-model/json/json.h"
#include "server/interaction/answer.h"
#include "server/interaction/patch.h"
#include "server/interaction/text.h"
#include "server/interaction/write.h"

namespace varde::interaction {
namespace {

/// The criteria of an entry that names its resource by a search.
Result<Parameters> criteria_of(const Entry& entry) {
  if (entry.doing != Doing::create) return entry.request.query;
  return parse_condition(entry.request.type, entry.request.if_none_exist);
}

/// Whoever is new, or known without a search.
void identify_plainly(Entry& entry, const View& view) {
  if (entry.doing != Doing::create) {
    entry.target = entry.request.id;
  } else if (entry.fixed_id) {
    entry.target = entry.fixed_id;
    entry.exists = view.current(entry.request.type, *entry.fixed_id).has_value();
  } else {
    entry.target = view.new_id();
  }
}

Result<void> take_match(Entry& entry, std::optional<std::string> match, const View& view) {
  const fhir::TypeId type = entry.request.type;
  if (match) {
    const std::string_view sent = entry.doing == Doing::update ? entry.resource->root()["id"].value() : "";
    if (!sent.empty() && sent != *match)
      return fail(Fault::id_mismatch, "The id of the resource is not the one of the match.");
    entry.target = std::move(match);
    entry.exists = entry.doing == Doing::create;
    return {};
  }
  if (entry.doing == Doing::create) {
    identify_plainly(entry, view);
  } else if (entry.doing == Doing::patch) {
    return tl::unexpected<Failure>(none_matches(type));
  } else if (entry.doing == Doing::update) {
    const std::string_view sent = entry.resource->root()["id"].value();
    FHIR_TRY(refuse_taken_id(type, sent, view));
    entry.target = sent.empty() ? view.new_id() : std::string(sent);
  }
  return {};
}

}  // namespace

bool Entry::is_conditional() const {
  if (doing == Doing::create) return !request.if_none_exist.empty();
  return writes() && doing != Doing::operate && request.id.empty();
}

std::string Entry::place() const {
  return target ? std::string(fhir::row_of(request.type).name) + "/" + *target : std::string();
}

Result<bool> identify(Entry& entry, const View& view, const FullUrls& urls, const FindOne& find_one) {
  if (!entry.writes() || entry.doing == Doing::operate) return true;
  if (!entry.is_conditional()) {
    identify_plainly(entry, view);
    return true;
  }
  const fhir::TypeId type = entry.request.type;
  auto criteria = criteria_of(entry).and_then(
      [&](Parameters&& sent) { return replace_links(type, std::move(sent), entry.full_url, urls); });
  FHIR_TRY(criteria);
  if (!*criteria) return false;
  return find_one(type, **criteria)
      .and_then([&](std::optional<std::string>&& match) { return take_match(entry, std::move(match), view); })
      .map([] { return true; });
}

Result<bool> resolve_conditional(Entry& entry, const FullUrls& urls, const FindOne& find_one) {
  std::vector<std::uint32_t> left;
  for (const std::uint32_t node : entry.conditional) {
    fhir::Editor place(*entry.resource, node);
    const auto refuse = [&](Failure failure) {
      failure.expression = place.path();
      return tl::unexpected<Failure>(std::move(failure));
    };
    auto asked = conditional_reference(place.value());
    if (!asked) throw std::logic_error("a conditional reference is none");
    auto criteria = replace_links(asked->type, std::move(asked->criteria), entry.full_url, urls);
    if (!criteria) return refuse(std::move(criteria.error()));
    auto found = *criteria ? find_one(asked->type, **criteria) : std::optional<std::string>();
    if (!found) return refuse(std::move(found.error()));
    if (*found)
      place.set_value(std::string(fhir::row_of(asked->type).name) + "/" + **found);
    else
      left.push_back(node);
  }
  entry.conditional = std::move(left);
  return entry.conditional.empty();
}

namespace {

EntryAnswer answer_of(Response&& response) {
  return {.status = response.status,
          .resource = std::move(response.body),
          .etag = std::move(response.etag),
          .location = std::move(response.location)};
}

/// The request as a client would send it by itself: with the entry's resource as its body.
Request with_body(const Entry& entry) {
  Request request = entry.request;
  if (!entry.resource) return request;
  request.body = fhir::to_json(entry.resource->root());
  request.content_type = "application/fhir+json";
  return request;
}

Result<EntryAnswer> operate(const Entry& entry, Act& act, const Dispatcher& dispatcher) {
  const Request request = with_body(entry);
  const Repository repository = dispatcher.repository_of(request);
  return std::get<Writer>(entry.route->handler)(request, dispatcher.context(), Reads(repository, *request.budget))
      .and_then([&](const Work& work) { return work(act); })
      .map(answer_of);
}

}  // namespace

Result<EntryAnswer> perform(Entry& entry, Act& act, const Dispatcher& dispatcher) {
  const fhir::TypeId type = entry.request.type;
  const auto answer = [](Written&& written) { return EntryAnswer{written.status, std::move(written.version)}; };
  switch (entry.doing) {
    case Doing::create:
      return create_in(act, entry.resource->edit(), entry.exists ? entry.target : std::nullopt, entry.target)
          .map(answer);
    case Doing::update: return update_in(act, entry.resource->edit(), *entry.target, entry.preconditions).map(answer);
    case Doing::patch:
      return read_patch(entry.resource->root())
          .and_then([&](const Patch& patch) { return patch_in(act, patch, type, *entry.target, entry.preconditions); })
          .map(answer);
    case Doing::remove:
      return (entry.target ? act.remove(type, *entry.target, entry.preconditions).map([](auto&&) {})
                           : require(entry.preconditions, std::nullopt, type))
          .map([] {
            return EntryAnswer{204, std::nullopt};
          });
    case Doing::operate: return operate(entry, act, dispatcher);
    case Doing::read:
    case Doing::nothing: break;
  }
  throw std::logic_error("an entry that reads is not performed");
}

Result<EntryAnswer> fetch(const Entry& entry, const FullUrls& urls, const View& view, const Dispatcher& dispatcher) {
  Request request = with_body(entry);
  if (request.type != fhir::TypeId::none) {
    auto query = replace_links(request.type, std::move(request.query), entry.full_url, urls);
    FHIR_TRY(query);
    if (*query) request.query = std::move(**query);
  }
  auto response = std::get<Reader>(entry.route->handler)(request, view, dispatcher.context());
  FHIR_TRY(response);
  const std::string_view pattern = entry.route->pattern;
  const bool searched = pattern.ends_with("{type}") || pattern.ends_with("_search");  // paid for already
  if (!searched && !request.budget->take(response->body.size()))
    return tl::unexpected<Failure>(request.budget->within().error());
  return answer_of(std::move(*response));
}

EntryAnswer refused(const Failure& failure) {
  return {.status = row_of(failure.fault).http_status, .outcome = outcome_json(failure)};
}

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

}  // namespace varde::interaction
