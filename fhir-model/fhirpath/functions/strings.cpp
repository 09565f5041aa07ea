/// https://hl7.org/fhirpath/N1/#string-manipulation
#include <algorithm>

#include "fhir-model/fhirpath/functions/functions.h"
#include "fhir-model/fhirpath/text.h"
#include "fhir-model/text/trim.h"

namespace varde::fhirpath::functions {
namespace {

using Text = std::string_view;

/// Empty in, empty out: a function of the text and one String.
template <class Function>
Collection with_string(Call& call, Function function) {
  const auto text = call.only_string();
  const auto argument = call.string(0);
  if (!text || !argument || call.run.failed()) return {};
  return Collection{Item(function(*text, Text(*argument)))};
}

template <class Function>
Collection of_text(Call& call, Function function) {
  const auto text = call.only_string();
  return text ? Collection{Item(function(*text))} : Collection{};
}

std::int32_t code_points_before(Text text, std::size_t offset) {
  return offset == Text::npos ? -1 : static_cast<std::int32_t>(code_point_count(text.substr(0, offset)));
}

/// Whether a text of that size may be made; a fault when not.
bool may_make(Call& call, std::size_t bytes) {
  if (bytes <= call.run.environment().limits.text_bytes) return true;
  call.fail("the text would be larger than is allowed");
  return false;
}

std::string_view trimmed(Text text) { return fhir::text::trimmed(text, " \t\r\n\f\v"); }

std::size_t occurrences(Text text, Text of) {
  std::size_t count = 0;
  for (std::size_t at = text.find(of); at != Text::npos; at = text.find(of, at + of.size())) ++count;
  return count;
}

/// An empty pattern stands before every character and at the end.
std::string surrounded(Text text, Text by) {
  std::string out(by);
  for (std::size_t size = 0; (size = code_point_size(text)) > 0; text.remove_prefix(size))
    out.append(text.substr(0, size)).append(by);
  return out;
}

}  // namespace

Collection index_of(Call& call) {
  return with_string(call, [](Text text, Text part) { return code_points_before(text, text.find(part)); });
}
Collection last_index_of(Call& call) {
  return with_string(call, [](Text text, Text part) { return code_points_before(text, text.rfind(part)); });
}
Collection starts_with(Call& call) {
  return with_string(call, [](Text text, Text part) { return text.starts_with(part); });
}
Collection ends_with(Call& call) {
  return with_string(call, [](Text text, Text part) { return text.ends_with(part); });
}
Collection contains(Call& call) {
  return with_string(call, [](Text text, Text part) { return text.find(part) != Text::npos; });
}

Collection upper(Call& call) { return of_text(call, to_upper); }
Collection lower(Call& call) { return of_text(call, to_lower); }
Collection trim(Call& call) { return of_text(call, trimmed); }
Collection length(Call& call) {
  return of_text(call, [](Text text) { return static_cast<std::int32_t>(code_point_count(text)); });
}

Collection substring(Call& call) {
  const auto text = call.only_string();
  const auto start = call.integer(0);
  const bool limited = call.argument_count() > 1;
  const auto length = limited ? call.integer(1) : std::nullopt;
  if (!text || !start || *start < 0 || call.run.failed()) return {};
  const std::size_t from = byte_offset(*text, static_cast<std::size_t>(*start));
  if (from >= text->size()) return {};
  const Text rest = text->substr(from);
  if (!limited || !length) return {rest};
  return {rest.substr(0, byte_offset(rest, static_cast<std::size_t>(std::max(0, *length))))};
}

Collection replace(Call& call) {
  const auto text = call.only_string();
  const auto pattern = call.string(0), by = call.string(1);
  if (!text || !pattern || !by || call.run.failed()) return {};
  if (pattern->empty()) {
    if (!may_make(call, text->size() + (text->size() + 1) * by->size())) return {};
    return {surrounded(*text, *by)};
  }
  if (!may_make(call, text->size() + occurrences(*text, *pattern) * by->size())) return {};
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text->find(*pattern); at != Text::npos; at = text->find(*pattern, from)) {
    out.append(text->substr(from, at - from)).append(*by);
    from = at + pattern->size();
  }
  out.append(text->substr(from));
  return {std::move(out)};
}

Collection to_chars(Call& call) {
  const auto text = call.only_string();
  Collection out;
  if (!text || !call.run.spend(call.node, text->size())) return out;
  Text rest = *text;
  for (std::size_t size = 0; (size = code_point_size(rest)) > 0; rest.remove_prefix(size))
    out.emplace_back(rest.substr(0, size));
  return out;
}

Collection split(Call& call) {
  const auto text = call.only_string();
  const auto separator = call.string(0);
  if (!text || !separator || call.run.failed()) return {};
  if (separator->empty()) return to_chars(call);
  Collection out;
  std::size_t from = 0;
  for (std::size_t at = text->find(*separator); at != Text::npos; at = text->find(*separator, from)) {
    out.emplace_back(text->substr(from, at - from));
    from = at + separator->size();
    if (out.size() > call.run.environment().limits.items) return out;
  }
  out.emplace_back(text->substr(from));
  return out;
}

Collection join(Call& call) {
  const std::string separator = call.argument_count() > 0 ? call.string(0).value_or("") : std::string();
  std::string out;
  bool first = true;
  for (const Item& item : call.focus) {
    const auto text = item.string();
    if (!text) {
      call.fail("join() takes Strings");
      return {};
    }
    if (!may_make(call, out.size() + separator.size() + text->size())) return {};
    if (!first) out += separator;
    first = false;
    out += *text;
  }
  return call.focus.empty() ? Collection{} : Collection{Item(std::move(out))};
}

}  // namespace varde::fhirpath::functions
