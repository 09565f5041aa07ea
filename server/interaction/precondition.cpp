#include "server/interaction/precondition.h"

#include <algorithm>
#include <charconv>

#include "fhir-model/text/trim.h"
#include "server/interaction/text.h"

namespace varde::interaction {
namespace {

using fhir::text::kHttpBlanks;
using fhir::text::trimmed;

/// Takes one tag and the comma behind it off `list`; 0 of one that is none of ours, nullopt of what is no tag.
std::optional<std::int64_t> take_tag(std::string_view& list) {
  if (list.starts_with("W/")) list.remove_prefix(2);
  std::string_view tag;
  const bool quoted = list.starts_with('"');
  if (quoted) {
    const std::size_t close = list.find('"', 1);
    if (close == std::string_view::npos) return std::nullopt;
    tag = list.substr(1, close - 1);
    list.remove_prefix(close + 1);
  } else {  // a bare version, as some clients send it
    tag = trimmed(list.substr(0, list.find(',')), kHttpBlanks);
    list.remove_prefix(std::min(list.find(','), list.size()));
  }
  list = trimmed(list, kHttpBlanks);
  if (list.starts_with(',')) {
    list = trimmed(list.substr(1), kHttpBlanks);
    if (list.empty()) return std::nullopt;
  } else if (!list.empty()) {
    return std::nullopt;
  }
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  if (error == std::errc{} && end == tag.data() + tag.size() && version > 0) return version;
  return quoted ? std::optional<std::int64_t>(0) : std::nullopt;
}

bool is_live(const std::optional<storage::Version>& version) {
  return version && version->method != storage::Method::remove;
}

tl::unexpected<Failure> conflict(std::string diagnostics) {
  return fail(Fault::version_conflict, std::move(diagnostics));
}

}  // namespace

bool EntityTags::hold(std::int64_t version) const {
  return any || std::ranges::find(versions, version) != versions.end();
}

Result<EntityTags> parse_entity_tags(std::string_view text, std::string_view header) {
  EntityTags out;
  text = trimmed(text, kHttpBlanks);
  if (text == "*") return EntityTags{.any = true};
  while (!text.empty()) {
    const auto version = take_tag(text);
    if (!version)
      return fail(Fault::version_malformed,
                  std::string(header) +
                      " is the ETag of the version you read, such as W/\"3\", several of them with "
                      "commas between, or *.");
    out.versions.push_back(*version);
  }
  return out;
}

Result<void> refuse_preconditions(const Request& request) {
  const bool said = !request.if_match.empty() || !request.if_none_match.empty() || !request.if_unmodified_since.empty();
  if (!said) return {};
  return fail(Fault::not_supported,
              "A create has no earlier version for If-Match, If-None-Match or If-Unmodified-Since to be about; "
              "If-None-Exist says what must not be there.");
}

Result<Preconditions> read_preconditions(const Request& request) {
  if (!request.if_none_exist.empty())
    return fail(Fault::not_supported, "If-None-Exist belongs to a create; an update has its condition in the URL.");
  auto match = parse_entity_tags(request.if_match, "If-Match");
  FHIR_TRY(match);
  auto none_match = parse_entity_tags(request.if_none_match, "If-None-Match");
  FHIR_TRY(none_match);
  Preconditions out{std::move(*match), std::move(*none_match)};
  if (request.if_unmodified_since.empty() || out.match.said()) return out;  // RFC 9110 13.2.2: If-Match goes before
  out.unmodified_since = parse_http_date(request.if_unmodified_since);
  if (!out.unmodified_since)
    return fail(Fault::version_malformed,
                "If-Unmodified-Since is an HTTP date, such as Sun, 01 Mar 2026 08:15:30 GMT.");
  return out;
}

Result<void> require(const Preconditions& preconditions, const std::optional<storage::Version>& current,
                     fhir::TypeId type) {
  const std::string name(fhir::row_of(type).name);
  const bool live = is_live(current);
  if (preconditions.match.said() && !live)
    return conflict("There is no current version of this " + name + " to match.");
  if (preconditions.match.said() && !preconditions.match.hold(current->version))
    return conflict("The " + name + " has changed: its current version is " + std::to_string(current->version) +
                    ". Read it again before changing it.");
  if (!live) return {};
  if (preconditions.none_match.said() && preconditions.none_match.hold(current->version))
    return conflict("The " + name + " exists already, as version " + std::to_string(current->version) + ".");
  if (preconditions.unmodified_since &&
      std::chrono::floor<std::chrono::seconds>(current->updated) > *preconditions.unmodified_since)
    return conflict("The " + name + " has changed since then. Read it again before changing it.");
  return {};
}

}  // namespace varde::interaction
