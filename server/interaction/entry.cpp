#include "server/interaction/entry.h"

#include <openssl/sha.h>

#include <algorithm>
#include <set>

#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/interactions.h"
#include "server/interaction/patch.h"
#include "server/interaction/read.h"
#include "server/interaction/routes.h"
#include "server/interaction/search.h"
#include "server/interaction/text.h"
#include "server/interaction/write.h"

namespace varde::interaction {
namespace {

using fhir::Element;

/// The same Bundle.identifier and position give the same id, so a repeated Bundle finds what the first one made.
/// The form is a UUID of version 8 (RFC 9562 5.8) out of a SHA-256.
std::string repeatable_id(Element identifier, std::size_t index) {
  std::string name(identifier["system"].value());
  name += '|', name += identifier["value"].value();
  name += '#', name += std::to_string(index);
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), hash);
  hash[6] = static_cast<unsigned char>((hash[6] & 0x0F) | 0x80);
  hash[8] = static_cast<unsigned char>((hash[8] & 0x3F) | 0x80);
  std::string out;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[hash[i] >> 4];
    out += "0123456789abcdef"[hash[i] & 15];
  }
  return out;
}

/// "Patient/1", "Patient?identifier=x", also with our base before it.
Result<void> take_url(std::string_view url, const std::string& base, Request& request) {
  if (url.starts_with(base) && !base.empty()) url.remove_prefix(base.size());
  while (url.starts_with('/')) url.remove_prefix(1);
  const std::size_t mark = url.find('?');
  for (std::string_view path = url.substr(0, mark); !path.empty();) {
    const std::size_t slash = path.find('/');
    auto segment = percent_decoded(path.substr(0, slash), false);
    if (!segment) return fail(Fault::value_malformed, "The entry's URL is not well percent-encoded.");
    request.path.push_back(std::move(*segment));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  if (mark != std::string_view::npos) {
    auto query = parse_form(url.substr(mark + 1));
    if (!query) return fail(Fault::value_malformed, "The entry's URL is not well percent-encoded.");
    request.query = std::move(*query);
  }
  return {};
}

Result<void> take_request(Element request, const Request& outer, Entry& entry) {
  const auto missing = [](std::string_view what) {
    return fail(Fault::required_missing, "An entry needs request." + std::string(what) + ".");
  };
  if (!request["method"].has_value()) return missing("method");
  if (!request["url"].has_value()) return missing("url");
  Request& out = entry.request;
  out.method = request["method"].value();
  if (out.method != "GET" && out.method != "HEAD" && out.method != "POST" && out.method != "PUT" &&
      out.method != "PATCH" && out.method != "DELETE")
    return fail(Fault::code_invalid, "An entry's method is GET, HEAD, POST, PUT, PATCH or DELETE.");
  if (out.method == "HEAD") out.method = "GET";
  out.if_match = request["ifMatch"].value();
  out.if_none_match = request["ifNoneMatch"].value();
  out.if_none_exist = request["ifNoneExist"].value();
  out.base = outer.base, out.prefer = outer.prefer, out.budget = outer.budget;
  if (auto taken = take_url(request["url"].value(), outer.base, out); !taken) return taken;
  std::string allowed;
  if (auto found = route(out, allowed); !found) return tl::unexpected<Failure>(std::move(found.error()));
  return {};
}

Result<void> take_resource(Element resource, Entry& entry) {
  const bool patch = entry.method() == "PATCH";
  const bool wanted = entry.method() == "POST" || entry.method() == "PUT" || patch;
  if (!wanted) return {};
  if (!resource) return fail(Fault::required_missing, "A POST, PUT or PATCH entry needs a resource.");
  if (patch) {
    entry.resource = fhir::Tree::copy_of(resource);
    return read_patch(resource).map([](const Patch&) {});
  }
  if (resource.type() != entry.request.type)
    return fail(Fault::value_malformed, "The entry's URL says " + std::string(fhir::row_of(entry.request.type).name) +
                                            ", its resource says " + std::string(resource.type_name()) + ".");
  entry.resource = fhir::Tree::copy_of(resource);
  const std::string_view id = resource["id"].value();
  if (entry.method() == "PUT" && !entry.request.id.empty() && id != entry.request.id) {
    if (!id.empty()) return fail(Fault::id_mismatch, "The id of the resource is not the one in the entry's URL.");
    entry.resource->edit().set("id", entry.request.id);
  }
  return {};
}

/// The base rules, seen from the Bundle, where references may name a fullUrl or a condition. What is wrong inside an
/// entry is that entry's; the rest is the Bundle's.
Result<void> validate(Element bundle, std::vector<Entry>& entries) {
  constexpr std::string_view kEntry = "Bundle.entry[";
  std::optional<Failure> whole;
  for (Failure& found : fhir::validate(bundle)) {
    std::size_t index = entries.size();
    if (found.expression.starts_with(kEntry))
      index = static_cast<std::size_t>(std::strtoull(found.expression.c_str() + kEntry.size(), nullptr, 10));
    std::optional<Failure>& owner = index < entries.size() ? entries[index].failure : whole;
    if (owner)
      owner->also.push_back(std::move(found));
    else
      owner = std::move(found);
  }
  // A rule of the whole Bundle that an entry broke (bdl-3: it lacks a request) is told at that entry, and in a batch
  // costs the others nothing.
  const bool told = std::ranges::any_of(entries, [](const Entry& entry) { return entry.failure.has_value(); });
  if (whole && !told) return tl::unexpected<Failure>(std::move(*whole));
  return {};
}

bool is_url_type(fhir::TypeId type) {
  static const std::set<fhir::TypeId> kTypes{fhir::find_type("uri"), fhir::find_type("url"), fhir::find_type("uuid"),
                                             fhir::find_type("oid"), fhir::find_type("canonical")};
  return kTypes.contains(type);
}

/// "http://example.org/fhir/Observation/1" -> "http://example.org/fhir/"; empty when it has no such form.
std::string_view restful_base(std::string_view full_url) {
  const std::size_t id = full_url.rfind('/');
  if (id == std::string_view::npos || id == 0 || !full_url.starts_with("http")) return {};
  const std::size_t type = full_url.rfind('/', id - 1);
  if (type == std::string_view::npos) return {};
  return fhir::find_resource_type(full_url.substr(type + 1, id - type - 1)) == fhir::TypeId::none
             ? std::string_view()
             : full_url.substr(0, type + 1);
}

struct Resolver {
  const Entry& entry;
  const IdByFullUrl& ids;
  const storage::Snapshot& snapshot;
  const std::string& base;

  /// nullopt: leave it as it is.
  Result<std::optional<std::string>> reference(std::string_view text) const {
    if (auto found = ids.find(text); found != ids.end()) return found->second;
    if (text.starts_with("urn:uuid:") || text.starts_with("urn:oid:"))
      return fail(Fault::reference_unresolved, "A reference names a fullUrl that no entry of the Bundle has.");
    if (const std::string_view own = restful_base(entry.full_url); !own.empty() && !text.starts_with("http")) {
      const std::string absolute = std::string(own) + std::string(text);
      if (auto found = ids.find(absolute); found != ids.end()) return found->second;
    }
    const std::size_t mark = text.find('?');
    if (mark == std::string_view::npos || text.starts_with("http") || text.starts_with("urn:")) return std::nullopt;
    const fhir::TypeId type = fhir::find_resource_type(text.substr(0, mark));
    if (type == fhir::TypeId::none) return std::nullopt;
    auto found = find_one(type, text.substr(mark), base, snapshot);
    if (!found) return tl::unexpected<Failure>(std::move(found.error()));
    if (!*found)
      return fail(Fault::reference_unresolved,
                  "No " + std::string(text.substr(0, mark)) + " matches a conditional reference.");
    return std::optional(std::string(text.substr(0, mark)) + "/" + **found);
  }

  Result<void> all(fhir::Editor at) const {
    static const fhir::TypeId kReference = fhir::find_type("Reference");
    for (const Element child : at.children()) {
      if (!child.has_value()) {
        if (auto done = all(at.edit(child)); !done) return done;
        continue;
      }
      if (at.type() == kReference && child.name() == "reference") {
        auto target = reference(child.value());
        if (!target) {
          target.error().expression = child.path();
          return tl::unexpected<Failure>(std::move(target.error()));
        }
        if (*target) at.edit(child).set_value(**target);
      } else if (is_url_type(child.type())) {
        if (auto found = ids.find(child.value()); found != ids.end()) at.edit(child).set_value(found->second);
      }
    }
    return {};
  }
};

}  // namespace

Result<std::vector<Entry>> read_entries(Element bundle, Reading reading, const Request& outer) {
  std::vector<Entry> out;
  const Element identifier = bundle["identifier"];
  const bool repeatable = identifier["value"].has_value();
  for (const Element element : bundle.each("entry")) {
    Entry& entry = out.emplace_back();
    entry.full_url = element["fullUrl"].value();
    if (reading == Reading::resources) {
      entry.request.method = "POST", entry.request.base = outer.base;
      entry.request.type = element["resource"] ? element["resource"].type() : fhir::TypeId::none;
      if (!element["resource"]) entry.failure = Failure{Fault::required_missing, "The entry has no resource."};
    } else if (auto taken = take_request(element["request"], outer, entry); !taken) {
      entry.failure = std::move(taken.error());
    }
    if (!entry.failure)
      if (auto taken = take_resource(element["resource"], entry); !taken) entry.failure = std::move(taken.error());
    if (entry.failure || entry.method() != "POST" || bundle["type"].value() == "transaction") continue;
    if (repeatable)
      entry.fixed_id = repeatable_id(identifier, out.size() - 1);
    else if (reading == Reading::resources)
      entry.fixed_id = uuid_v7()();
  }
  if (auto valid = validate(bundle, out); !valid) return tl::unexpected<Failure>(std::move(valid.error()));
  if (reading == Reading::resources) {  // entries of a collection may point to each other
    IdByFullUrl known;
    for (const Entry& entry : out)
      if (entry.fixed_id && !entry.full_url.empty())
        known[entry.full_url] = std::string(fhir::row_of(entry.request.type).name) + "/" + *entry.fixed_id;
    for (Entry& entry : out) entry.known = known;
  }
  return out;
}

Result<void> refuse_repeats(const std::vector<Entry>& entries) {
  std::set<std::string> seen, urls;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const std::string at = "Bundle.entry[" + std::to_string(i) + "]";
    if (!entry.full_url.empty() && entry.method() != "GET" && !urls.insert(entry.full_url).second)
      return fail(Fault::value_malformed, "Two entries have the same fullUrl.", at + ".fullUrl");
    if (entry.request.id.empty() || entry.method() == "GET") continue;
    if (!seen.insert(std::string(fhir::row_of(entry.request.type).name) + "/" + entry.request.id).second)
      return fail(Fault::value_malformed, "Two entries of a transaction write the same resource.", at);
  }
  return {};
}

Result<void> identify(Entry& entry, storage::Transaction& job, const Context& context, const std::string& base,
                      IdByFullUrl& ids) {
  const fhir::TypeId type = entry.request.type;
  if (entry.method() == "GET") return {};
  if (entry.method() == "POST") {
    if (!entry.request.if_none_exist.empty()) {
      auto found = find_one(type, entry.request.if_none_exist, base, job);
      if (!found) return tl::unexpected<Failure>(std::move(found.error()));
      entry.exists = found->has_value();
      entry.target = std::move(*found);
    }
    if (!entry.target && entry.fixed_id) {
      entry.target = entry.fixed_id;
      entry.exists = job.current(type, *entry.fixed_id).has_value();
    }
    if (!entry.target) entry.target = context.store.new_id();
  } else if (!entry.request.id.empty()) {
    entry.target = entry.request.id;
  } else {  // conditional update, patch or delete
    auto found = find_one(type, entry.request.query, base, job);
    if (!found) return tl::unexpected<Failure>(std::move(found.error()));
    entry.target = std::move(*found);
    if (!entry.target && entry.method() == "PATCH") return tl::unexpected<Failure>(none_matches(type));
    if (!entry.target && entry.method() == "PUT") {
      const std::string_view sent = entry.resource->root()["id"].value();
      entry.target = sent.empty() ? context.store.new_id() : std::string(sent);
    }
  }
  if (entry.target && !entry.full_url.empty())
    ids[entry.full_url] = std::string(fhir::row_of(type).name) + "/" + *entry.target;
  return {};
}

Result<void> resolve_references(Entry& entry, const IdByFullUrl& ids, const storage::Snapshot& snapshot,
                                const std::string& base) {
  if (!entry.resource) return {};
  return Resolver{entry, ids, snapshot, base}.all(entry.resource->edit());
}

Result<EntryAnswer> perform(Entry& entry, storage::Transaction& job, Context& context) {
  const fhir::TypeId type = entry.request.type;
  if (entry.method() == "GET") return fetch(entry, job, context);
  if (entry.method() == "POST") {
    if (entry.exists) return EntryAnswer{200, job.current(type, *entry.target)};
    auto version = context.store.create(job, entry.resource->edit(), *entry.target);
    if (!version) return tl::unexpected<Failure>(std::move(version.error()));
    return EntryAnswer{201, std::move(*version)};
  }
  auto if_match = if_match_version(entry.request.if_match);
  if (!if_match) return tl::unexpected<Failure>(std::move(if_match.error()));
  if (entry.method() == "PUT") {
    auto written = update_in(job, context.store, entry.resource->edit(), *entry.target, *if_match);
    if (!written) return tl::unexpected<Failure>(std::move(written.error()));
    return EntryAnswer{written->status, std::move(written->version)};
  }
  if (entry.method() == "PATCH") {
    auto written = read_patch(entry.resource->root()).and_then([&](const Patch& patch) {
      return patch_in(job, context.store, patch, type, *entry.target, *if_match);
    });
    if (!written) return tl::unexpected<Failure>(std::move(written.error()));
    return EntryAnswer{written->status, std::move(written->version)};
  }
  if (!entry.target) return EntryAnswer{204, std::nullopt};
  auto removed = context.store.remove(job, type, *entry.target, *if_match);
  if (!removed) return tl::unexpected<Failure>(std::move(removed.error()));
  EntryAnswer answer{204, std::nullopt};
  return answer;
}

Result<EntryAnswer> fetch(const Entry& entry, const storage::Snapshot& snapshot, const Context& context) {
  Request request = entry.request;
  std::string allowed;
  auto found = route(request, allowed);
  if (!found) return tl::unexpected<Failure>(std::move(found.error()));
  Result<Response> response =
      (*found)->handler == read          ? read_current(request, snapshot)
      : (*found)->handler == vread       ? read_version(request, snapshot)
      : (*found)->handler == search_type ? search_in(request, {}, snapshot, context)
      : (*found)->handler == search_compartment
          ? search_in(request, request.id, snapshot, context)
          : Result<Response>(fail(Fault::not_supported, "A GET entry reads, vreads or searches."));
  if (!response) return tl::unexpected<Failure>(std::move(response.error()));
  return EntryAnswer{response->status, std::nullopt, std::move(response->body)};
}

EntryAnswer refused(const Failure& failure) {
  return {row_of(failure.fault).http_status, std::nullopt, {}, outcome_json(failure)};
}

}  // namespace varde::interaction
