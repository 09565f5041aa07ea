/// A Bundle's entries as it was sent, each with what is wrong in it.
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "fhir-model/element/reference.h"
#include "fhir-model/text/percent.h"
#include "fhir-model/validation/moment.h"
#include "fhir-model/validation/validation.h"
#include "server/interaction/answer.h"
#include "server/interaction/entry.h"
#include "server/interaction/patch.h"
#include "server/interaction/text.h"

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
    auto segment = fhir::text::percent_decoded(path.substr(0, slash), fhir::text::Plus::stays);
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

Result<void> take_conditions(Element request, Entry& entry) {
  Request& out = entry.request;
  out.if_match = request["ifMatch"].value();
  out.if_none_match = request["ifNoneMatch"].value();
  out.if_none_exist = request["ifNoneExist"].value();
  if (const Element since = request["ifModifiedSince"]; since.has_value()) {
    const auto moment = fhir::parse_moment(since.value());
    if (!moment) return fail(Fault::value_malformed, "request.ifModifiedSince is an instant.");
    if (entry.writes())
      return fail(Fault::not_supported, "request.ifModifiedSince is for reads; a write has ifMatch or ifNoneMatch.");
    out.if_modified_since = http_date(Instant(std::chrono::microseconds(moment->begin)));
  }
  if (entry.doing == Doing::create) return refuse_preconditions(out);
  return read_preconditions(out).map([&](Preconditions&& read) { entry.preconditions = std::move(read); });
}

Result<void> take_request(Element request, const Request& outer, const Dispatcher& dispatcher, Entry& entry) {
  const auto missing = [](std::string_view what) {
    return fail(Fault::required_missing, "An entry needs request." + std::string(what) + ".");
  };
  if (!request["method"].has_value()) return missing("method");
  if (!request["url"].has_value()) return missing("url");
  constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  Request& out = entry.request;
  out.method = request["method"].value();
  if (std::ranges::find(kMethods, out.method) == kMethods.end())
    return fail(Fault::code_invalid, "An entry's method is GET, HEAD, POST, PUT, PATCH or DELETE.");
  if (out.method == "HEAD") out.method = "GET";
  out.base = outer.base, out.prefer = outer.prefer, out.principal = outer.principal, out.budget = outer.budget;
  out.circumstances = outer.circumstances;
  if (auto taken = take_url(request["url"].value(), outer.base, out); !taken) return taken;
  std::string allowed;
  auto route = dispatcher.route(out, allowed);
  FHIR_TRY(route);
  entry.route = *route, entry.doing = (*route)->doing;
  if (entry.doing == Doing::nothing)
    return fail(Fault::not_supported, "An entry is a request to a type, a resource or an operation, not a Bundle's.");
  return take_conditions(request, entry);
}

Result<void> take_resource(Element resource, Entry& entry) {
  if (entry.doing == Doing::remove || entry.request.method == "GET") return {};
  if (resource && entry.request.path.back() == "_search")  // there is no form in a Bundle
    return fail(Fault::not_supported,
                "A search in a Bundle has its parameters in the entry's URL, as GET or as POST, and no resource.");
  if (entry.doing == Doing::operate || entry.doing == Doing::read) {  // an operation's parameters, or none
    if (resource) entry.resource = fhir::Tree::copy_of(resource);
    return {};
  }
  if (!resource) return fail(Fault::required_missing, "A POST, PUT or PATCH entry needs a resource.");
  if (entry.doing == Doing::patch) {
    entry.resource = fhir::Tree::copy_of(resource);
    return read_patch(resource).map([](const Patch&) {});
  }
  if (resource.type() != entry.request.type)
    return fail(Fault::value_malformed, "The entry's URL says " + std::string(fhir::row_of(entry.request.type).name) +
                                            ", its resource says " + std::string(resource.type_name()) + ".");
  entry.resource = fhir::Tree::copy_of(resource);
  const std::string_view id = resource["id"].value();
  if (entry.doing == Doing::update && !entry.request.id.empty() && id != entry.request.id) {
    if (!id.empty()) return fail(Fault::id_mismatch, "The id of the resource is not the one in the entry's URL.");
    entry.resource->edit().set("id", entry.request.id);
  }
  return {};
}

/// The id by which the resource of a collection may be known here: "if the identity of the resource refers to a valid
/// location on the server, it should treat it as an update", https://hl7.org/fhir/R4/http.html#3.1.0.11.4. A fullUrl
/// of another server or a urn: is not ours.
std::string own_identity(std::string_view full_url, Element resource, std::string_view base) {
  if (full_url.empty()) return std::string(resource["id"].value());
  const auto parsed = fhir::parse_reference(full_url);
  const bool ours = parsed.form == fhir::LiteralReference::Form::absolute && parsed.base == base;
  return ours && parsed.type == resource.type() ? std::string(parsed.id) : std::string();
}

void take_collected(Element element, const Request& outer, Entry& entry) {
  const Element resource = element["resource"];
  entry.request.base = outer.base, entry.request.principal = outer.principal, entry.request.budget = outer.budget;
  entry.request.circumstances = outer.circumstances;
  if (!resource) {
    entry.failure = Failure{Fault::required_missing, "The entry has no resource."};
    return;
  }
  entry.doing = Doing::create;
  entry.request.method = "POST";
  entry.request.type = resource.type();
  entry.known_as = own_identity(entry.full_url, resource, outer.base);
  entry.resource = fhir::Tree::copy_of(resource);
}

/// What is wrong inside an entry is that entry's; the rest is the Bundle's.
class Blame {
 public:
  explicit Blame(std::vector<Entry>& entries) : entries_(entries) {}

  void put(Failure found) {
    constexpr std::string_view kEntry = "Bundle.entry[";
    std::size_t index = entries_.size();
    if (found.expression.starts_with(kEntry))
      index = static_cast<std::size_t>(std::strtoull(found.expression.c_str() + kEntry.size(), nullptr, 10));
    std::optional<Failure>& owner = index < entries_.size() ? entries_[index].failure : whole_;
    if (owner)
      owner->also.push_back(std::move(found));
    else
      owner = std::move(found);
  }

  /// A rule of the whole Bundle that an entry broke (bdl-3: it lacks a request) is told at that entry, and in a batch
  /// costs the others nothing.
  Result<void> settle() {
    const bool told = std::ranges::any_of(entries_, [](const Entry& entry) { return entry.failure.has_value(); });
    if (whole_ && !told) return tl::unexpected<Failure>(std::move(*whole_));
    return {};
  }

 private:
  std::vector<Entry>& entries_;
  std::optional<Failure> whole_;
};

}  // namespace

Result<std::vector<Entry>> read_entries(Element bundle, Reading reading, const Request& outer,
                                        const Dispatcher& dispatcher, std::vector<Failure> wrong) {
  std::vector<Entry> out;
  const Element identifier = bundle["identifier"];
  const bool repeatable = identifier["value"].has_value();
  for (const Element element : bundle.each("entry")) {
    Entry& entry = out.emplace_back();
    entry.full_url = element["fullUrl"].value();
  }
  Blame blame(out);
  for (Failure& found : wrong) blame.put(std::move(found));
  std::size_t index = 0;
  for (const Element element : bundle.each("entry")) {
    Entry& entry = out[index++];
    if (entry.failure) continue;
    if (reading == Reading::resources) {
      take_collected(element, outer, entry);
    } else if (auto taken = take_request(element["request"], outer, dispatcher, entry).and_then([&] {
                 return take_resource(element["resource"], entry);
               });
               !taken) {
      entry.failure = std::move(taken.error());
    }
    if (entry.failure || entry.doing != Doing::create || bundle["type"].value() == "transaction") continue;
    if (repeatable)
      entry.fixed_id = repeatable_id(identifier, index - 1);
    else if (reading == Reading::resources)
      entry.fixed_id = uuid_v7()();
  }
  // The base rules, seen from the Bundle, where references may name a fullUrl or a condition.
  for (Failure& found : fhir::validate(bundle, fhir::Report::errors, outer.budget.get())) blame.put(std::move(found));
  FHIR_TRY(outer.budget->within());
  FHIR_TRY(blame.settle());
  return out;
}

}  // namespace varde::interaction
