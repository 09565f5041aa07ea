#include "server/search/criteria.h"

#include <algorithm>

#include "server/search/chain.h"
#include "server/search/fold.h"
#include "server/search/group.h"
#include "server/search/kind/kind.h"
#include "server/search/kind/words.h"

namespace varde::search {
namespace {

using fhir::SearchKind;
using fhir::TypeId;

/// https://hl7.org/fhir/R4/search.html#escaping: parts at commas that have no backslash before them.
std::vector<std::string> alternatives(std::string_view text) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '\\' && (next == ',' || next == '$' || next == '\\' || next == '|')) {
      out.back() += next == '|' ? kEscapedBar : next == '$' ? kEscapedDollar : next;
      ++i;
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  return out;
}

/// Rows of the full text that whatever has one of those words beside it is among: the walk goes by them.
void add_words(const std::string& text, Criterion& words) {
  const auto add = [&](std::string code, TextMatch match) {
    TokenValue value;
    value.code = std::move(code), value.match = match;
    words.values.emplace_back(std::move(value));
  };
  const Beginning held = words_of(text);
  if (!held.stems.empty()) return add(*std::ranges::max_element(held.stems, {}, &std::string::size), TextMatch::equal);
  if (held.last.empty()) return;
  add(held.last, TextMatch::starts);
  // Its word's stem may be shorter than what is asked; Snowball leaves three letters at least.
  for (std::size_t end = held.last.size() - 1; end > 1; --end)
    if ((static_cast<unsigned char>(held.last[end]) & 0xC0u) != 0x80u) add(held.last.substr(0, end), TextMatch::equal);
}

/// https://hl7.org/fhir/R4/search.html#modifiers: what stands beside a code for people begins with the text.
Result<Criterion> by_text(TypeId type, const Criterion& beside, const std::vector<std::string>& texts) {
  Criterion words = criterion_of(*parameters_of(type).find("_content")), one = beside;
  for (const std::string& escaped : texts) {
    const std::string text = restored(escaped);
    TokenValue value;
    value.code = text_beside(text), value.match = TextMatch::starts;
    const std::size_t before = words.values.size();
    add_words(text, words);
    if (words.values.size() == before || fold(text).size() > kLongestText)
      return fail(Fault::parameter_malformed,
                  ":text takes the beginning of what is shown for a code: at least a letter or a digit, and at most " +
                      std::to_string(kLongestText) + " bytes.",
                  std::string(beside.parameter->code));
    one.values.emplace_back(std::move(value));
  }
  Criterion held;  // by its entries: no table has them
  held.of = Criterion::Of::any, held.parts.push_back(std::move(one));
  // What is defined here may stand where full text does not look.
  if (parameters_of(type).find(beside.parameter->code) != beside.parameter) return held;
  Criterion both;
  both.of = Criterion::Of::all;
  both.parts.push_back(std::move(words)), both.parts.push_back(std::move(held));
  return both;
}

/// What a `name=value` asks of the parameter at its end.
class Asked final : public Leaf {
 public:
  explicit Asked(std::string_view text) : text_(text) {}

  Result<Criterion> end(TypeId type, Criterion criterion, std::string_view modifier,
                        const Asking& asking) const override {
    if (modifier == "missing") return missing(std::move(criterion), text_);
    if (criterion.of != Criterion::Of::rows && !modifier.empty() && modifier != "not")
      return fail(Fault::not_supported, "The modifier is not supported here; these are: :not, :missing.",
                  std::string(criterion.parameter->code));
    FHIR_TRY(take_modifier(criterion, modifier));
    if (modifier == "text") return by_text(type, criterion, alternatives(text_));
    const Kind& kind = kind_of(*criterion.parameter);
    for (std::string& value : alternatives(text_)) {
      if (!asking.snapshot.budget().spend())
        return tl::unexpected<Failure>(std::move(asking.snapshot.budget().within().error()));
      FHIR_TRY(kind.read(criterion, std::move(value), modifier, asking));
    }
    std::ranges::sort(criterion.targets);
    if (criterion.is_group()) return settled(std::move(criterion), type, asking).value();
    return criterion;
  }

 private:
  std::string_view text_;
};

/// https://hl7.org/fhir/R4/search.html#list: what a List names. Those that a server makes by itself are not known here.
Result<Criterion> listed(TypeId type, std::string_view text, const Asking& asking) {
  if (text.find('$') != std::string_view::npos)
    return fail(Fault::not_supported,
                "_list takes the ids of Lists that are stored here; lists such as $current-* are not kept.", "_list");
  return follow(type, "_has:List:item:_id", Asked(text), asking);
}

}  // namespace

Result<Criterion> missing(Criterion criterion, std::string_view text) {
  if (text != "true" && text != "false")
    return fail(Fault::parameter_malformed, ":missing takes true or false.", std::string(criterion.parameter->code));
  if (criterion.of != Criterion::Of::rows) {  // every resource has an id and was updated once
    criterion.of = Criterion::Of::id;
    criterion.wanted = text == "true" ? Criterion::Wanted::any_of : Criterion::Wanted::none_of;
    return criterion;
  }
  criterion.wanted = text == "true" ? Criterion::Wanted::absent : Criterion::Wanted::present;
  if (criterion.parameter->kind == SearchKind::composite) {  // an element that has them all
    auto& parts = criterion.composites.emplace_back();
    for (const Parameter::Component& component : criterion.parameter->components)
      parts.emplace_back(criterion_of(*component.parameter)).wanted = Criterion::Wanted::present;
  }
  if (criterion.parameter->kind == SearchKind::reference &&
      criterion.only == TypeId::none)  // an identity tells no type
    criterion.keys.insert(criterion.keys.end(), criterion.parameter->identifier_keys.begin(),
                          criterion.parameter->identifier_keys.end());
  return criterion;
}

Result<Criterion> make_criterion(TypeId type, std::string_view name, std::string_view text, const Asking& asking) {
  if (name == "_list") return listed(type, text, asking);
  return follow(type, name, Asked(text), asking);
}

}  // namespace varde::search
