#include "server/interaction/page_link.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

#include "fhir-model/text/base64.h"
#include "server/interaction/answer.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using fhir::TypeId;
using search::Direction;
using search::Handling;

/// What a sealed link begins with: one of another form was made by another version of this server.
constexpr std::string_view kForm = "page 2";

constexpr std::string_view kDigest = "digest";

void pack(std::string& out, std::string_view text) {
  out += std::to_string(text.size()) + ":";
  out += text;
}

std::optional<std::string> unpack(std::string_view& in) {
  const std::size_t colon = in.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t size = 0;
  for (const char c : in.substr(0, colon)) size = size * 10 + static_cast<std::size_t>(c - '0');
  if (size > in.size() - colon - 1) return std::nullopt;
  std::string out(in.substr(colon + 1, size));
  in.remove_prefix(colon + 1 + size);
  return out;
}

/// Of one type its name, of several nothing.
std::string_view scope_of(const Request& request) {
  return request.type == TypeId::none ? std::string_view() : fhir::row_of(request.type).name;
}

bool is_of_answer(std::string_view name) { return name == "_cursor" || name == "_format" || name == "_pretty"; }

std::string digest_text(const Parameters& parameters) {
  std::string plain;
  for (const auto& [name, value] : parameters)
    if (!is_of_answer(name)) pack(plain, name), pack(plain, value);
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(plain.data(), plain.size(), reinterpret_cast<unsigned char*>(out.data()), &size, EVP_sha256(),
                 nullptr) != 1)
    throw std::runtime_error("OpenSSL refused to digest a search");
  out.resize(size);
  return fhir::text::to_base64url(out);
}

std::string link(const Request& request, const Asked& asked, const Parameters& used, const Place& place,
                 const Context& context) {
  std::string plain;
  pack(plain, kForm);
  pack(plain, scope_of(request));
  pack(plain, asked.compartment.id.empty() ? std::string_view() : fhir::row_of(asked.compartment.type).name);
  pack(plain, asked.compartment.id);
  pack(plain, asked.handling == Handling::lenient ? "lenient" : "strict");
  pack(plain, place.direction == Direction::backward ? "backward" : "forward");
  pack(plain, place.mark ? place.mark->encode() : std::string());
  pack(plain, std::to_string(place.included_from));
  pack(plain, std::to_string(place.sent));
  pack(plain, asked.moment ? std::to_string(asked.moment->time_since_epoch().count()) : std::string());
  pack(plain, asked.total ? std::to_string(*asked.total) : std::string());
  for (const auto& [name, value] : used) pack(plain, name), pack(plain, value);
  std::string out = request.base;
  if (request.type != TypeId::none) out.append("/").append(scope_of(request));
  return out + "?_cursor=" + context.cursor_key.seal(plain);
}

std::size_t number_of(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

/// The sealed text without its parameters, which `in` holds then.
Result<Asked> unsealed(const Request& request, std::string_view& in) {
  if (unpack(in) != std::optional<std::string>(kForm))
    return fail(Fault::parameter_malformed,
                "This page link was made by another version of this server. Start the search again.", "_cursor");
  const auto type = unpack(in), within = unpack(in), id = unpack(in), handling = unpack(in), direction = unpack(in),
             mark = unpack(in), included = unpack(in), sent = unpack(in), moment = unpack(in), total = unpack(in);
  if (!total || *type != scope_of(request))
    return fail(Fault::parameter_malformed, "This page link belongs to another type.", "_cursor");
  Asked out{
      {fhir::find_resource_type(*within), *id}, {}, *handling == "lenient" ? Handling::lenient : Handling::strict, {}};
  if (!mark->empty()) out.place.mark = search::Mark::decode(*mark);
  out.place.direction = *direction == "backward" ? Direction::backward : Direction::forward;
  out.place.included_from = number_of(*included), out.place.sent = number_of(*sent);
  if (!moment->empty())
    out.moment = storage::Instant(std::chrono::microseconds(std::strtoll(moment->c_str(), nullptr, 10)));
  if (!total->empty()) out.total = number_of(*total);
  out.is_link = true;
  return out;
}

Result<Asked> from_link(const Request& request, std::string_view sealed, const Context& context) {
  const auto plain = context.cursor_key.open(sealed);
  FHIR_TRY(plain);
  std::string_view in = *plain;
  auto out = unsealed(request, in);
  FHIR_TRY(out);
  while (!in.empty()) {
    auto name = unpack(in), value = unpack(in);
    if (!name || !value) break;
    out->parameters.emplace_back(std::move(*name), std::move(*value));
  }
  if (is_digest(out->parameters)) {
    auto form = form_of(request, out->parameters);
    FHIR_TRY(form);
    out->parameters = std::move(*form);
  } else if (!std::ranges::all_of(request.query, [](const auto& one) { return is_of_answer(one.first); })) {
    return fail(Fault::parameter_malformed, "A page link is used as it is, without further parameters.", "_cursor");
  }
  return out;
}

}  // namespace

Parameters digest_of(const Parameters& parameters) { return {{std::string(kDigest), digest_text(parameters)}}; }
bool is_digest(const Parameters& parameters) { return parameters.size() == 1 && parameters.front().first == kDigest; }

Result<Parameters> form_of(const Request& request, const Parameters& digest) {
  Parameters out;
  for (const auto& one : request.query)
    if (!is_of_answer(one.first)) out.push_back(one);
  if (digest_text(out) == digest.front().second) return out;
  return fail(Fault::parameter_malformed,
              "The search is too long for its link: send this link by POST to _search, with the same form as before.",
              "_cursor");
}

Result<Asked> ask(const Request& request, const search::Compartment& compartment, const Context& context) {
  for (const auto& [name, value] : request.query)
    if (name == "_cursor") return from_link(request, value, context);
  return Asked{compartment, request.query, prefers_lenient(request) ? Handling::lenient : Handling::strict, {}};
}

/// What comes after the page must not be lost.
PageLink link_to(const Request& request, const Asked& asked, const Parameters& used, const Place& place,
                 const Context& context) {
  PageLink out{link(request, asked, used, place, context)};
  if (out.url.size() <= context.limits.longest_link) return out;
  out.url = link(request, asked, digest_of(asked.parameters), place, context);
  out.url.insert(out.url.find('?'), "/_search"), out.with_form = true;
  return out;
}

std::string self_link(const Request& request, const Asked& asked, const Parameters& used, const Context& context) {
  if (request.method == "POST" || asked.is_link) return link(request, asked, used, asked.place, context);
  std::string out = request.base;
  if (!asked.compartment.id.empty())
    out.append("/").append(fhir::row_of(asked.compartment.type).name).append("/").append(asked.compartment.id);
  if (request.type != TypeId::none)
    out.append("/").append(scope_of(request));
  else if (!asked.compartment.id.empty())
    out += "/*";
  return out + with_query(used);
}

}  // namespace varde::interaction
