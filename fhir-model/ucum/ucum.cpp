#include "fhir-model/ucum/ucum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "fhir-model/ucum/atoms.h"

namespace varde::fhir {
namespace {

using ucum::Scale;

constexpr std::size_t kBases = 7;
constexpr std::size_t kLongestCode = 200;
constexpr int kDeepest = 20, kMostExponent = 100;

/// Exponents of m, s, g, rad, K, C, cd; and of arbitrary units by code.
struct Dimension {
  std::array<int, kBases> base{};
  std::map<std::string_view, int> arbitrary = {};
  bool operator==(const Dimension&) const = default;

  bool multiply(const Dimension& other, int exponent) {
    bool small = true;
    const auto add = [&](int& to, int what) {
      to += what * exponent;
      small = small && std::abs(to) <= kMostExponent;
    };
    for (std::size_t i = 0; i < kBases; ++i) add(base[i], other.base[i]);
    for (const auto& [code, power] : other.arbitrary) {
      add(arbitrary[code], power);
      if (arbitrary[code] == 0) arbitrary.erase(code);
    }
    return small;
  }
};

struct Unit {
  long double factor = 1;
  Dimension dimension = {};
  Scale scale = Scale::ratio;
  long double step = 1;  ///< prefix of a special unit, applied before its function
};

using Atoms = std::unordered_map<std::string_view, std::pair<Unit, bool>>;

/// Reads a term of UCUM's grammar by the atoms known so far.
class TermReader {
 public:
  TermReader(std::string_view code, const Atoms& atoms) : rest_(code), atoms_(atoms) {}

  std::optional<Unit> whole() {
    if (rest_.empty() || rest_.size() > kLongestCode) return {};
    auto unit = term(0);
    if (!rest_.empty()) return {};
    return unit;
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<Unit> term(int depth) {
    if (depth > kDeepest) return {};
    Unit product;
    bool any = false;
    int exponent = take('/') ? -1 : 1;
    for (;;) {
      const auto factor = component(depth);
      if (!factor) return {};
      const bool alone = !any && exponent == 1 && (rest_.empty() || rest_.front() == ')');
      if (factor->scale != Scale::ratio && !alone) return {};  // special units do not take part in products
      if (alone) return factor;
      if (!product.dimension.multiply(factor->dimension, exponent)) return {};
      product.factor *= exponent > 0 ? factor->factor : 1 / factor->factor;
      any = true;
      if (take('.'))
        exponent = 1;
      else if (take('/'))
        exponent = -1;
      else
        return product;
    }
  }

  std::optional<Unit> component(int depth) {
    if (take('(')) {
      auto inner = term(depth + 1);
      if (!inner || !take(')')) return {};
      return annotation() ? inner : std::nullopt;
    }
    if (rest_.starts_with('{')) return annotation() ? std::optional(Unit{}) : std::nullopt;
    auto unit = is_digit(0) && !rest_.starts_with("10*") && !rest_.starts_with("10^") ? number() : powered();
    return unit && annotation() ? unit : std::nullopt;
  }

  /// {anything but braces}, once, or nothing. False when it is not closed.
  bool annotation() {
    if (!take('{')) return true;
    const std::size_t close = rest_.find_first_of("{}");
    if (close == std::string_view::npos || rest_[close] != '}') return false;
    rest_.remove_prefix(close + 1);
    return true;
  }

  bool is_digit(std::size_t at) const { return at < rest_.size() && rest_[at] >= '0' && rest_[at] <= '9'; }

  std::optional<Unit> number() {
    Unit unit{.factor = 0};
    for (int digits = 0; is_digit(0); rest_.remove_prefix(1)) {
      if (++digits > 18) return {};
      unit.factor = unit.factor * 10 + (rest_[0] - '0');
    }
    if (unit.factor == 0) return {};
    return unit;
  }

  std::optional<Unit> powered() {
    auto unit = simple(symbol());
    if (!unit) return {};
    int sign = 1;
    std::string_view before = rest_;
    if (take('-'))
      sign = -1;
    else
      take('+');
    if (!is_digit(0)) return before == rest_ ? unit : std::nullopt;
    int exponent = 0;
    for (; is_digit(0); rest_.remove_prefix(1)) {
      exponent = exponent * 10 + (rest_[0] - '0');
      if (exponent > kMostExponent) return {};
    }
    if (unit->scale != Scale::ratio) return {};
    Unit power{.factor = std::pow(unit->factor, static_cast<long double>(sign * exponent))};
    return power.dimension.multiply(unit->dimension, sign * exponent) ? std::optional(power) : std::nullopt;
  }

  /// Up to an exponent, an operator or an annotation; anything may stand between square brackets.
  std::string_view symbol() {
    std::size_t end = 0;
    for (bool bracket = false; end < rest_.size(); ++end) {
      const char c = rest_[end];
      if (c == '[') bracket = true;
      if (c == ']') bracket = false;
      if (bracket) continue;
      if (is_digit(end) || std::string_view("+-./(){}").find(c) != std::string_view::npos) break;
    }
    if (rest_.starts_with("10*") || rest_.starts_with("10^")) end = 3;
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return text;
  }

  std::optional<Unit> simple(std::string_view text) const {
    if (const auto found = atoms_.find(text); found != atoms_.end()) return found->second.first;
    for (const ucum::PrefixRow& prefix : ucum::prefixes()) {
      if (!text.starts_with(prefix.code)) continue;
      const auto found = atoms_.find(text.substr(prefix.code.size()));
      if (found == atoms_.end() || !found->second.second) continue;
      Unit unit = found->second.first;
      (unit.scale == Scale::ratio ? unit.factor : unit.step) *= prefix.factor;
      return unit;
    }
    return {};
  }

  std::string_view rest_;
  const Atoms& atoms_;
};

const Atoms& atoms() {
  static const Atoms kAtoms = [] {
    Atoms known;
    std::size_t base = 0;
    for (const ucum::AtomRow& row : ucum::atoms()) {
      Unit unit;
      if (row.scale == Scale::arbitrary) {
        unit.dimension.arbitrary[row.code] = 1;
      } else if (row.term.empty()) {
        unit.dimension.base[base++] = 1;
      } else {
        unit = TermReader(row.term, known).whole().value();
        unit.factor *= row.value;
        unit.scale = row.scale;
      }
      known.emplace(row.code, std::pair{std::move(unit), row.metric});
    }
    return known;
  }();
  return kAtoms;
}

Result<Unit> read_unit(std::string_view code) {
  if (auto unit = TermReader(code, atoms()).whole()) return std::move(*unit);
  const auto rows = ucum::slips();
  const auto slip = std::ranges::find(rows, code, &ucum::SlipRow::written);
  return fail(Fault::value_malformed,
              slip == rows.end() ? "The code is not a UCUM unit (case matters: kg, mm[Hg], mmol/L, Cel, /min)."
                                 : fmt::format("The code is not a UCUM unit; {} is probably meant.", slip->meant));
}

/// A number of the unit as a number of its base units' product; from_base is the way back.
long double to_base(const Unit& unit, long double value) {
  const long double scaled = value * unit.step;
  switch (unit.scale) {
    case Scale::celsius: return scaled + 273.15L;
    case Scale::fahrenheit: return (scaled + 459.67L) * 5 / 9;
    case Scale::reaumur: return scaled * 5 / 4 + 273.15L;
    case Scale::ph: return std::pow(10.0L, -scaled) * unit.factor;
    case Scale::bel: return std::pow(10.0L, scaled) * unit.factor;
    case Scale::bel_field: return std::pow(10.0L, scaled / 2) * unit.factor;
    case Scale::neper: return std::exp(scaled) * unit.factor;
    case Scale::binary: return std::exp2(scaled) * unit.factor;
    case Scale::prism: return std::atan(scaled / 100) * unit.factor;
    case Scale::potency: return std::pow(unit.factor, -scaled);
    case Scale::root: return scaled * scaled * unit.factor;
    default: return scaled * unit.factor;
  }
}

double rounded(long double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.13Le", value);
  return std::strtod(text, nullptr);
}

long double from_base(const Unit& unit, long double value) {
  const long double ratio = value / unit.factor;
  // Of a logarithm's argument, digits beyond those of the result are noise: 100 % is 0 B, not 5e-20 B.
  const long double clean = rounded(ratio);
  switch (unit.scale) {
    case Scale::celsius: return (value - 273.15L) / unit.step;
    case Scale::fahrenheit: return (value * 9 / 5 - 459.67L) / unit.step;
    case Scale::reaumur: return (value - 273.15L) * 4 / 5 / unit.step;
    case Scale::ph: return -std::log10(clean) / unit.step;
    case Scale::bel: return std::log10(clean) / unit.step;
    case Scale::bel_field: return 2 * std::log10(clean) / unit.step;
    case Scale::neper: return std::log(clean) / unit.step;
    case Scale::binary: return std::log2(clean) / unit.step;
    case Scale::prism: return 100 * std::tan(ratio) / unit.step;
    case Scale::potency: return -std::log(value) / std::log(unit.factor) / unit.step;
    case Scale::root: return std::sqrt(ratio) / unit.step;
    default: return ratio;
  }
}

/// After taking an offset away, digits below the offset's own are noise: 98.6 [degF] is 37 Cel, not 37.00000000000001.
double rounded_to(long double value, long double magnitude) {
  const long double grain = std::pow(10.0L, std::floor(std::log10(std::max(magnitude, 1e-300L))) - 13);
  return rounded(std::round(value / grain) * grain);
}

std::string text_of(const Dimension& dimension) {
  constexpr std::array<std::string_view, kBases> kCodes{"m", "s", "g", "rad", "K", "C", "cd"};
  constexpr std::array<std::size_t, kBases> kAlphabetical{5, 6, 2, 4, 0, 3, 1};  // C cd g K m rad s
  std::string out;
  const auto add = [&](std::string_view code, int power) {
    if (power == 0) return;
    if (!out.empty()) out += '.';
    out += code;
    if (power != 1) out += std::to_string(power);
  };
  for (const auto& [code, power] : dimension.arbitrary) add(code, power);
  for (const std::size_t i : kAlphabetical) add(kCodes[i], dimension.base[i]);
  return out.empty() ? "1" : out;
}

}  // namespace

Result<CanonicalQuantity> to_canonical(double value, std::string_view code) {
  return read_unit(code).map([&](const Unit& unit) {
    return CanonicalQuantity{rounded(to_base(unit, value)), text_of(unit.dimension)};
  });
}

Result<double> convert(double value, std::string_view from, std::string_view to) {
  const auto source = read_unit(from);
  FHIR_TRY(source);
  const auto target = read_unit(to);
  FHIR_TRY(target);
  if (source->dimension != target->dimension)
    return fail(Fault::value_malformed, fmt::format("A unit of {} cannot be converted to one of {}.",
                                                    text_of(source->dimension), text_of(target->dimension)));
  const long double base = to_base(*source, value);
  const long double result = from_base(*target, base);
  const bool offset =
      target->scale == Scale::celsius || target->scale == Scale::fahrenheit || target->scale == Scale::reaumur;
  return offset ? rounded_to(result, std::abs(base)) : rounded(result);
}

Result<void> check_unit(std::string_view code) {
  return read_unit(code).map([](const Unit&) {});
}

}  // namespace varde::fhir
