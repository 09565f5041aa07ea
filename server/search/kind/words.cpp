/// Full text: _text (the narrative) and _content (every text): https://hl7.org/fhir/R4/search.html#content
/// A word is letters and digits, without case and accents,
/// cut to its Norwegian stem (Snowball), again and again, in resources and in queries alike.
#include <libstemmer.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <unordered_map>

#include "server/search/fold.h"
#include "server/search/group.h"
#include "server/search/kind/kind.h"
#include "server/search/kind/words.h"

namespace varde::search {
namespace {

using fhir::Element;
using fhir::TypeId;
using Words = std::set<std::string, std::less<>>;

constexpr std::size_t kLongestWord = 64;  // bytes; what is longer is cut, in both

struct FreeStemmer {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

std::string stem_afresh(std::string_view word) {
  thread_local const std::unique_ptr<sb_stemmer, FreeStemmer> kStemmer(sb_stemmer_new("norwegian", "UTF_8"));
  if (!kStemmer) throw std::runtime_error("libstemmer has no Norwegian");
  // Until it gets no shorter: "leveren" becomes "lever", and "lever" alone would become "lev".
  std::string stem = fold_case(word);
  for (std::size_t before = std::string::npos; stem.size() < before;) {
    before = stem.size();
    const sb_symbol* cut =
        sb_stemmer_stem(kStemmer.get(), reinterpret_cast<const sb_symbol*>(stem.data()), static_cast<int>(stem.size()));
    if (cut == nullptr) throw std::bad_alloc();
    stem.assign(reinterpret_cast<const char*>(cut), static_cast<std::size_t>(sb_stemmer_length(kStemmer.get())));
  }
  std::string out = fold(stem);
  std::erase_if(out, [](unsigned char c) { return c < 0x80 && std::isalnum(c) == 0; });  // of a letter that is many
  if (out.size() > kLongestWord) out.resize(kLongestWord);
  return out;
}

/// Words repeat: displays of codes, units, names of months.
const std::string& stem_of(std::string_view word) {
  thread_local std::unordered_map<std::string, std::string> known;
  constexpr std::size_t kMostKnown = 20'000;
  if (known.size() >= kMostKnown) known.clear();
  auto [found, is_new] = known.try_emplace(std::string(word));
  if (is_new) found->second = stem_afresh(word);
  return found->second;
}

/// Calls `take` with each run of letters and digits.
template <class Take>
void each_word(std::string_view text, Take&& take) {
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t start = 0;
  bool inside = false;
  for (std::int32_t at = 0, before = 0; before <= size; before = at) {
    UChar32 point = 0;
    if (before < size)
      U8_NEXT(text.data(), at, size, point);
    else
      ++at;
    const bool letter =
        before < size && point > 0 && (u_isalnum(point) || (inside && u_charType(point) == U_NON_SPACING_MARK));
    if (letter && !inside) start = before;
    if (!letter && inside) take(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(before - start)));
    inside = letter;
  }
}

/// What a narrative shows: its text without tags, and the characters that its entities mean.
std::string shown(std::string_view xhtml) {
  std::string out;
  for (std::size_t i = 0; i < xhtml.size(); ++i) {
    if (xhtml[i] == '<') {
      const std::size_t end = xhtml.find('>', i);
      if (end == std::string_view::npos) break;
      out += ' ', i = end;
      continue;
    }
    const std::size_t end = xhtml[i] == '&' ? xhtml.find(';', i) : std::string_view::npos;
    if (end == std::string_view::npos || end > i + 10) {
      out += xhtml[i];
      continue;
    }
    const std::string_view name = xhtml.substr(i + 1, end - i - 1);
    if (name.starts_with('#')) {
      const bool hex = name.size() > 1 && name[1] == 'x';
      const long point = std::strtol(std::string(name.substr(hex ? 2 : 1)).c_str(), nullptr, hex ? 16 : 10);
      if (point > 0 && point <= 0x10FFFF && !U_IS_SURROGATE(point)) {
        std::array<char, U8_MAX_LENGTH> bytes{};
        std::int32_t size = 0;
        U8_APPEND_UNSAFE(bytes.data(), size, static_cast<UChar32>(point));
        out.append(bytes.data(), static_cast<std::size_t>(size));
      }
    } else {
      out += ' ';
    }
    i = end;
  }
  return out;
}

void add(std::string_view text, Words& words) {
  each_word(text, [&](std::string_view word) {
    if (const std::string& stem = stem_of(word); !stem.empty()) words.insert(stem);
  });
}

/// Strings that are no text: ids, and where a reference leads.
bool is_text(Element string) { return string.name() != "id" && string.name() != "reference"; }

/// Texts for people: strings and markdown. Not the ranges that every reading of a patient repeats, which would cost
/// each of them a dozen rows all over the table.
void collect(Element parent, Words& narrative, Words& others) {
  static const TypeId kString = fhir::find_type("string"), kMarkdown = fhir::find_type("markdown"),
                      kXhtml = fhir::find_type("xhtml");
  for (const Element child : parent.children()) {
    if (child.name() == "referenceRange") continue;
    const TypeId type = child.type();
    if (type == kXhtml)
      add(shown(child.value()), narrative);
    else if ((type == kString || type == kMarkdown) && child.has_value() && is_text(child))
      add(child.value(), others);
    collect(child, narrative, others);
  }
}

// --- what is asked: words, beside each other all of them, joined by and, or, not, in brackets
class Expression {
 public:
  Expression(std::string_view text, const Parameter& parameter) : text_(text), parameter_(parameter) {}

  Result<Criterion> parse() {
    auto out = any(0);
    FHIR_TRY(out);
    skip();
    if (at_ < text_.size()) return malformed();
    return out;
  }

 private:
  static constexpr int kDeepest = 32;
  tl::unexpected<Failure> malformed() const {
    return fail(
        Fault::parameter_malformed,
        "A full text search is words that must all be there, or words joined by and, or and not, with brackets: "
        "(bone OR liver) and metastases.",
        std::string(parameter_.code));
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  std::string_view next() {
    skip();
    if (at_ == text_.size()) return {};
    if (text_[at_] == '(' || text_[at_] == ')') return text_.substr(at_, 1);
    return text_.substr(at_, text_.find_first_of(" \t()", at_) - at_);
  }
  static bool is(std::string_view token, std::string_view word) { return fold_case(token) == word; }
  void take(std::string_view token) { at_ += token.size(); }

  static Criterion joined(Criterion::Of of, std::vector<Criterion> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    Criterion out;
    out.of = of, out.parts = std::move(parts);
    return out;
  }
  Result<Criterion> any(int depth) {
    if (depth > kDeepest) return malformed();
    std::vector<Criterion> parts;
    do {
      if (!parts.empty()) take(next());
      auto one = all(depth);
      FHIR_TRY(one);
      parts.push_back(std::move(*one));
    } while (is(next(), "or"));
    return joined(Criterion::Of::any, std::move(parts));
  }
  Result<Criterion> all(int depth) {
    std::vector<Criterion> parts;
    while (true) {
      std::string_view token = next();
      if (token.empty() || token == ")" || is(token, "or")) break;
      if (is(token, "and")) {
        if (parts.empty()) return malformed();
        take(token), token = next();
        if (token.empty() || token == ")" || is(token, "or") || is(token, "and")) return malformed();
      }
      auto one = term(depth);
      FHIR_TRY(one);
      parts.push_back(std::move(*one));
    }
    if (parts.empty()) return malformed();
    return joined(Criterion::Of::all, std::move(parts));
  }
  Result<Criterion> term(int depth) {
    const std::string_view token = next();
    take(token);
    if (is(token, "not")) {
      if (next().empty() || depth > kDeepest) return malformed();
      auto inner = term(depth + 1);
      FHIR_TRY(inner);
      Criterion out;
      out.of = Criterion::Of::any, out.wanted = Criterion::Wanted::none_of;
      out.parts.push_back(std::move(*inner));
      return out;
    }
    if (token != "(") return words(token);
    auto inner = any(depth + 1);
    FHIR_TRY(inner);
    if (next() != ")") return malformed();
    take(")");
    return inner;
  }
  /// "e-post" is two words.
  Result<Criterion> words(std::string_view token) const {
    Words words;
    add(token, words);
    if (words.empty()) return malformed();
    std::vector<Criterion> parts;
    for (const std::string& word : words) {
      Criterion one = criterion_of(parameter_);
      TokenValue value;
      value.code = word;
      one.values.emplace_back(std::move(value));
      parts.push_back(std::move(one));
    }
    return joined(Criterion::Of::all, std::move(parts));
  }

  std::string_view text_;
  const Parameter& parameter_;
  std::size_t at_ = 0;
};

Result<void> read(Criterion& criterion, std::string text, std::string_view, const Asking&) {
  auto one = Expression(restored(text), *criterion.parameter).parse();
  FHIR_TRY(one);
  const bool is_first = criterion.values.empty() && !criterion.is_group();
  if (is_first && !one->is_group()) return criterion = std::move(*one), Result<void>();
  if (!criterion.is_group()) {
    Criterion group;
    group.of = Criterion::Of::any, group.parameter = criterion.parameter;
    if (!is_first) group.parts.push_back(std::move(criterion));
    criterion = std::move(group);
  }
  criterion.parts.push_back(std::move(*one));
  return {};
}

void ranges(const Criterion& criterion, const Value& value, storage::PatientKey, std::vector<Range>& out) {
  const auto& word = std::get<TokenValue>(value);
  const Walk walk = word.match == TextMatch::equal ? Walk::word : Walk::word_beginning;
  for (const ParameterKey key : criterion.keys)
    out.push_back({walk, {storage::word_term(key, *word.code)}, {}, {}, false});
}

bool state(const Criterion& criterion, const Value& value, const Saying&, std::vector<Condition>& out) {
  std::vector<Range> held;
  ranges(criterion, value, storage::PatientKey::none, held);
  for (Range& one : held) out.push_back(row_condition(std::move(one)));
  return true;
}

void add_rows(ParameterKey key, const Words& words, IndexRows& rows) {
  for (const std::string& word : words) rows.words.push_back({key, rows.texts.emplace_back(word)});
}

}  // namespace

Beginning words_of(std::string_view text) {
  Beginning out;
  std::string_view last;
  each_word(text, [&](std::string_view word) {
    if (!last.empty())
      if (const std::string& stem = stem_of(last); !stem.empty()) out.stems.push_back(stem);
    last = word;
  });
  out.last = fold(last);
  return out;
}

void index_words(Element resource, IndexRows& rows) {
  Words narrative, others;
  collect(resource, narrative, others);
  const TypeParameters& parameters = parameters_of(resource.type());
  const Parameter *content = parameters.find("_content"), *text = parameters.find("_text");
  if (!text) others.merge(narrative), narrative.clear();
  for (const std::string& word : narrative) others.erase(word);  // _content looks there, too
  add_rows(content->own_key, others, rows);
  if (text) add_rows(text->own_key, narrative, rows);
}

const Kind kWords{.kind = fhir::SearchKind::special,
                  .modifiers = "",
                  .index = nullptr,
                  .read = read,
                  .ranges = ranges,
                  .state = state};

}  // namespace varde::search
