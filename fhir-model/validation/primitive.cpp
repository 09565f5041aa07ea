#include "fhir-model/validation/primitive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "fhir-model/validation/moment.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/validation/xhtml.h"

namespace varde::fhir {
namespace {

constexpr std::size_t kLongestString = 1024 * 1024;
constexpr std::size_t kLongestDecimal = 1000;  // R4 asks for 18 digits at least

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

/// Code points, so that a megabyte means the same for Norwegian letters.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_string(std::string_view text) {
  if (text.empty() || (text.size() > kLongestString && characters(text) > kLongestString)) return false;
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; });
}

template <std::int32_t least>
bool is_integer(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && is_digit(text[1])) text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text[0] == '0') || text.starts_with("-0")) return false;
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= least;
}

bool is_boolean(std::string_view text) { return text == "true" || text == "false"; }

/// Groups of four with padding only at the end; white space may stand between.
bool is_base64(std::string_view text) {
  std::size_t count = 0, padding = 0;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || !(is_digit(c) || is_letter(c) || c == '+' || c == '/')) {
      return false;
    }
    ++count;
  }
  return count > 0 && count % 4 == 0 && padding <= 2;
}

bool is_date(std::string_view text) {
  const auto moment = parse_moment(text);
  return moment && moment->precision <= Precision::day;
}
bool is_instant(std::string_view text) {
  const auto moment = parse_moment(text);
  return moment && moment->precision >= Precision::second && moment->zoned;
}
bool is_date_time(std::string_view text) {
  const auto moment = parse_moment(text);
  return moment && (moment->precision <= Precision::day || (moment->precision >= Precision::second && moment->zoned));
}

/// urn:oid:[0-2](\.(0|[1-9][0-9]*))+
bool is_oid(std::string_view text) {
  if (!text.starts_with("urn:oid:")) return false;
  text.remove_prefix(8);
  if (text.size() < 3 || text[0] < '0' || text[0] > '2' || text[1] != '.') return false;
  text.remove_prefix(2);
  while (true) {
    const std::string_view arc = text.substr(0, text.find('.'));
    if (arc.empty() || !std::ranges::all_of(arc, is_digit) || (arc.size() > 1 && arc[0] == '0')) return false;
    if (arc.size() == text.size()) return true;
    text.remove_prefix(arc.size() + 1);
  }
}

bool is_uuid(std::string_view text) {
  if (text.size() != 45 || !text.starts_with("urn:uuid:")) return false;
  text.remove_prefix(9);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_lower_hex(text[i])) return false;
  }
  return true;
}

struct FormRow {
  std::string_view type;
  bool (*accepts)(std::string_view);
  std::string_view form;
};
constexpr std::array kForms{
    FormRow{"base64Binary", is_base64, "base64 in groups of four characters, padded with = at the end only"},
    FormRow{"boolean", is_boolean, "true or false"},
    FormRow{"canonical", is_uri, "a URI without white space, with |version where wanted"},
    FormRow{"code", is_code, "text without leading, trailing or double white space"},
    FormRow{"date", is_date, "YYYY, YYYY-MM or YYYY-MM-DD, a day of the calendar"},
    FormRow{
        "dateTime", is_date_time,
        "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with Z or an offset such as +01:00, a real date and time"},
    FormRow{"decimal", is_decimal, "a decimal number such as 37.50"},
    FormRow{"id", is_id, "1 to 64 of the characters A-Z, a-z, 0-9, '-' and '.'"},
    FormRow{"instant", is_instant, "YYYY-MM-DDThh:mm:ss.sss with Z or an offset such as +01:00, a real date and time"},
    FormRow{"integer", is_integer<std::numeric_limits<std::int32_t>::min()>, "a whole number of at most 32 bits"},
    FormRow{"markdown", is_string, "text that is not empty, of the characters that XML has too, at most 1 MB"},
    FormRow{"oid", is_oid, "urn:oid: and an OID such as 2.16.578.1.12"},
    FormRow{"positiveInt", is_integer<1>, "a whole number from 1 to 2147483647"},
    FormRow{"string", is_string, "text that is not empty, of the characters that XML has too, at most 1 MB"},
    FormRow{"time", is_time_of_day, "hh:mm:ss from 00:00:00 to 23:59:59, without offset"},
    FormRow{"unsignedInt", is_integer<0>, "a whole number from 0 to 2147483647"},
    FormRow{"uri", is_uri, "a URI without white space"},
    FormRow{"url", is_uri, "a URL without white space"},
    FormRow{"uuid", is_uuid, "urn:uuid: and a UUID in lower case"},
    FormRow{"xhtml", is_narrative_xhtml, "a well-formed XHTML div"},
};

const FormRow& row_for(TypeId primitive) {
  static const auto kRows = [] {
    std::array<const FormRow*, 1024> rows{};
    for (const FormRow& row : kForms) rows[static_cast<std::size_t>(find_type(row.type))] = &row;
    return rows;
  }();
  return *kRows[static_cast<std::size_t>(primitive)];
}

}  // namespace

bool is_well_formed(TypeId primitive, std::string_view text) {
  return row_for(primitive).accepts(text) && !has_noncharacter(text);
}
std::string_view form_of(TypeId primitive) { return row_for(primitive).form; }

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.'; });
}

/// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_decimal(std::string_view text) {
  const auto digits = [&] {
    std::size_t n = 0;
    while (n < text.size() && is_digit(text[n])) ++n;
    text.remove_prefix(n);
    return n;
  };
  if (text.size() > kLongestDecimal) return false;
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

bool is_code(std::string_view text) {
  if (text.empty() || is_space(text.front()) || is_space(text.back())) return false;
  for (std::size_t i = 1; i < text.size(); ++i)
    if (is_space(text[i]) && is_space(text[i - 1])) return false;
  return is_string(text);
}

bool is_uri(std::string_view text) {
  const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; };
  return !text.empty() && std::ranges::none_of(text, forbidden);
}

bool is_absolute_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
  return std::ranges::all_of(text.substr(0, colon),
                             [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; });
}

}  // namespace varde::fhir
