#include "fhir-model/patch/document.h"

#include <algorithm>
#include <charconv>

#include "fhir-model/json/json.h"
#include "fhir-model/text/position.h"

namespace varde::fhir::patch {
namespace {

using json::Token;

/// Builds values from the tape. Recursion is bounded by the tape's depth limit.
class Reader {
 public:
  Reader(std::string_view original, const Token* tape, const char* buffer)
      : original_(original), tape_(tape), buffer_(buffer) {}

  Result<Value> value(std::size_t at) const {
    const Token& token = tape_[at];
    Value out{token.kind};
    if (!out.is_container()) {
      if (token.kind != Kind::null) out.text = token.view();
      return out;
    }
    const bool object = token.kind == Kind::object;
    for (std::size_t i = at + 1; i < token.size; i = after(i)) {
      if (object) out.names.emplace_back(tape_[i++].view());
      auto item = value(i);
      if (!item) return item;
      out.items.push_back(std::move(*item));
    }
    if (object && has_twins(out.names))
      return fail(Fault::duplicate_key, "A member stands twice in an object, at " +
                                            text::to_words(text::place_of(original_, offset(at))) + ".");
    return out;
  }

 private:
  std::size_t after(std::size_t at) const {
    const Token& token = tape_[at];
    return token.kind == Kind::object || token.kind == Kind::array ? token.size + 1 : at + 1;
  }
  /// Where the object's first member is: an object's own token has no place in the text.
  std::size_t offset(std::size_t object) const { return static_cast<std::size_t>(tape_[object + 1].text - buffer_); }
  static bool has_twins(const std::vector<std::string>& names) {
    std::vector<std::string_view> sorted(names.begin(), names.end());
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  }

  std::string_view original_;
  const Token* tape_;
  const char* buffer_;
};

/// A number as digits without zeros at either end, times ten to the power of `exponent`.
struct Scaled {
  bool negative = false;
  std::string digits;  ///< empty: zero
  std::int64_t exponent = 0;
};

/// nullopt when the exponent is beyond all reason.
std::optional<Scaled> scaled(std::string_view text) {
  Scaled out;
  if (text.starts_with('-')) out.negative = true, text.remove_prefix(1);
  const std::size_t mark = text.find_first_of("eE");
  if (mark != text.npos) {
    std::string_view power = text.substr(mark + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), out.exponent);
    constexpr std::int64_t kMost = std::int64_t{1} << 60;
    if (error != std::errc{} || out.exponent > kMost || out.exponent < -kMost) return std::nullopt;
  }
  const std::string_view mantissa = text.substr(0, mark);
  const std::size_t dot = mantissa.find('.');
  out.digits = mantissa.substr(0, dot);
  if (dot != mantissa.npos) {
    out.digits += mantissa.substr(dot + 1);
    out.exponent -= static_cast<std::int64_t>(mantissa.size() - dot - 1);
  }
  const std::size_t last = out.digits.find_last_not_of('0');
  if (last == std::string::npos) return Scaled{};
  out.exponent += static_cast<std::int64_t>(out.digits.size() - last - 1);
  out.digits.erase(last + 1);
  out.digits.erase(0, out.digits.find_first_not_of('0'));
  return out;
}

/// The members of an object, sorted by name.
std::vector<std::size_t> by_name(const Value& object) {
  std::vector<std::size_t> out(object.names.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  std::sort(out.begin(), out.end(), [&](std::size_t x, std::size_t y) { return object.names[x] < object.names[y]; });
  return out;
}

}  // namespace

std::optional<std::size_t> Value::find(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Size size_of(const Value& value) {
  Size out{1, value.text.size(), 0};
  for (const std::string& name : value.names) out.bytes += name.size();
  for (const Value& item : value.items) {
    const Size inside = size_of(item);
    out.values += inside.values, out.bytes += inside.bytes;
    out.depth = std::max(out.depth, inside.depth);
  }
  out.depth += value.is_container();
  return out;
}

Result<Value> read(std::string_view text, const json::TapeLimits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark, RFC 8259 §8.1
  std::string buffer(text);
  const auto tape = json::read_tape(text, buffer.data(), limits);
  FHIR_TRY(tape);
  return Reader(text, tape->tokens.get(), buffer.data()).value(0);
}

void write(const Value& value, std::string& out) {
  switch (value.kind) {
    case Kind::string: return write_json_string(value.text, out);
    case Kind::number:
    case Kind::boolean: out += value.text; return;
    case Kind::object:
    case Kind::array: break;
    default: out += "null"; return;
  }
  const bool object = value.kind == Kind::object;
  out += object ? '{' : '[';
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i) out += ',';
    if (object) write_json_string(value.names[i], out), out += ':';
    write(value.items[i], out);
  }
  out += object ? '}' : ']';
}

bool equal(const Value& a, const Value& b) {
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  if (a.kind == Kind::number) return same_number(a.text, b.text);
  if (a.kind == Kind::array) return std::equal(a.items.begin(), a.items.end(), b.items.begin(), equal);
  if (a.kind != Kind::object) return a.text == b.text;
  const auto in_a = by_name(a), in_b = by_name(b);
  for (std::size_t i = 0; i < in_a.size(); ++i)
    if (a.names[in_a[i]] != b.names[in_b[i]] || !equal(a.items[in_a[i]], b.items[in_b[i]])) return false;
  return true;
}

bool same_number(std::string_view a, std::string_view b) {
  const auto x = scaled(a), y = scaled(b);
  if (!x || !y) return a == b;
  return x->negative == y->negative && x->exponent == y->exponent && x->digits == y->digits;
}

}  // namespace varde::fhir::patch
