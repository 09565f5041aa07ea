/// Where failures stand in JSON text. Goes over the text by itself, since the tree keeps no places: that costs nothing
/// where nothing is wrong. Reads well-formed text rightly and any text safely.
#include "fhir-model/element/wanted.h"
#include "fhir-model/json/json.h"
#include "fhir-model/text/position.h"

namespace varde::fhir {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), positions_(text) {}

  void document(Wanted& wanted) {
    blanks();
    const std::size_t start = at_;
    const std::string_view type = resource_type();
    at_ = start;
    Wanted::Step* step = wanted.resource(type);
    if (step == nullptr) return;
    step->stands_at(positions_.at(at_));
    inside(*step);
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void blanks() {
    while (here() == ' ' || here() == '\n' || here() == '\r' || here() == '\t' || here() == ',' || here() == ':') ++at_;
  }

  /// Leaves what is between the quotes, and stands behind them.
  std::string_view string() {
    const std::size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    const std::string_view inner = text_.substr(start, at_ - start);
    if (at_ < text_.size()) ++at_;
    return inner;
  }

  void skip_value() {
    std::size_t open = 0;
    do {
      blanks();
      const char c = here();
      if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        ++open, ++at_;
      } else if (c == '}' || c == ']') {
        if (open == 0) return;
        --open, ++at_;
      } else {
        while (at_ < text_.size() && std::string_view(" \t\r\n,:\"{}[]").find(text_[at_]) == std::string_view::npos)
          ++at_;
      }
    } while (open > 0 && at_ < text_.size());
  }

  std::string_view resource_type() {
    if (here() != '{') return {};
    ++at_;
    for (blanks(); here() == '"'; blanks()) {
      const bool found = string() == "resourceType";
      blanks();
      if (found && here() == '"') return string();
      skip_value();
    }
    return {};
  }

  /// At a value: notes what is asked for inside it. Recursion is as deep as the steps.
  void inside(Wanted::Step& step) {
    if (here() != '{' || !step.asks_below()) return skip_value();
    ++at_;
    for (blanks(); here() == '"'; blanks()) member(step);
    if (here() == '}') ++at_;
  }

  void member(Wanted::Step& step) {
    const Place place = positions_.at(at_);
    std::string_view name = string();
    if (name.starts_with('_')) name.remove_prefix(1);  // the id and the extensions of a primitive
    blanks();
    if (Wanted::Step* all = step.below(name, Wanted::kAll)) {
      all->stands_at(place);
      if (here() != '[') return inside(*all);
    }
    if (here() != '[') return skip_value();
    ++at_;
    std::size_t index = 0;
    for (blanks(); at_ < text_.size() && here() != ']'; blanks(), ++index) {
      Wanted::Step* item = step.below(name, index);
      const std::size_t before = at_;
      if (item != nullptr) item->stands_at(positions_.at(at_));
      item != nullptr ? inside(*item) : skip_value();
      if (at_ == before) return;  // no JSON
    }
    if (here() == ']') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  text::Positions positions_;
};

}  // namespace

void locate_json(std::string_view text, Failure& failure) {
  Wanted wanted(failure);
  if (wanted.empty()) return;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Scanner(text).document(wanted);
  wanted.settle();
}

std::optional<Place> locate_json(std::string_view text, std::string_view expression) {
  Failure asked{Fault::invariant, {}, std::string(expression)};
  locate_json(text, asked);
  return asked.place ? std::optional(asked.place) : std::nullopt;
}

}  // namespace varde::fhir
