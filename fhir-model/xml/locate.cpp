/// Where failures stand in XML text. Goes over the text by itself, since the tree keeps no places: that costs nothing
/// where nothing is wrong. Reads well-formed text rightly and any text safely.
#include <map>
#include <vector>

#include "fhir-model/element/wanted.h"
#include "fhir-model/text/position.h"
#include "fhir-model/xml/xml.h"

namespace varde::fhir {
namespace {

bool is_resource_name(std::string_view name) { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text), positions_(text) {}

  void document(Wanted& wanted) {
    while ((at_ = text_.find('<', at_)) != text_.npos) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("<!--"))
        pass("-->");
      else if (rest.starts_with("<![CDATA["))
        pass("]]>");
      else if (rest.starts_with("<?"))
        pass("?>");
      else if (rest.starts_with("</"))
        close();
      else
        open(wanted);
    }
  }

 private:
  /// An element that is open, and something in it is asked for.
  struct Frame {
    Wanted::Step* step;
    std::map<std::string_view, std::size_t> children = {};  ///< how many of a name so far
  };

  void pass(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    at_ = found == text_.npos ? text_.size() : found + end.size();
  }

  void close() {
    pass(">");
    if (unasked_ > 0)
      --unasked_;
    else if (!frames_.empty())
      frames_.pop_back();
  }

  void open(Wanted& wanted) {
    const std::size_t start = at_;
    std::string_view name = text_.substr(start + 1, text_.find_first_of(" \t\r\n/>", start + 1) - start - 1);
    if (const std::size_t colon = name.find(':'); colon != name.npos) name.remove_prefix(colon + 1);
    const bool empty = end_of_tag();
    Wanted::Step* step = unasked_ > 0 ? nullptr : step_of(wanted, name, start);
    if (empty) return;
    if (step == nullptr)
      ++unasked_;
    else
      frames_.push_back({step});
  }

  Wanted::Step* step_of(Wanted& wanted, std::string_view name, std::size_t start) {
    if (frames_.empty()) {
      Wanted::Step* root = wanted.resource(name);
      if (root != nullptr) root->stands_at(positions_.at(start));
      return root;
    }
    Frame& above = frames_.back();
    if (is_resource_name(name)) return above.step;  // contained and resource stand around it; in FHIRPath they are it
    const std::size_t index = above.children[name]++;
    Wanted::Step* all = above.step->below(name, Wanted::kAll);
    Wanted::Step* step = above.step->below(name, index);
    for (Wanted::Step* one : {all, step})
      if (one != nullptr) one->stands_at(positions_.at(start));
    return step != nullptr ? step : all;
  }

  /// Stands behind the start tag; true when it is an empty element's. Values may hold >.
  bool end_of_tag() {
    for (++at_; at_ < text_.size() && text_[at_] != '>'; ++at_) {
      if (text_[at_] != '"' && text_[at_] != '\'') continue;
      const std::size_t end = text_.find(text_[at_], at_ + 1);
      if (end == text_.npos) break;
      at_ = end;
    }
    const bool empty = at_ < text_.size() && text_[at_ - 1] == '/';
    at_ = at_ < text_.size() ? at_ + 1 : at_;
    return empty;
  }

  std::string_view text_;
  std::size_t at_ = 0, unasked_ = 0;
  std::vector<Frame> frames_;
  text::Positions positions_;
};

}  // namespace

void locate_xml(std::string_view text, Failure& failure) {
  Wanted wanted(failure);
  if (wanted.empty()) return;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Scanner(text).document(wanted);
  wanted.settle();
}

std::optional<Place> locate_xml(std::string_view text, std::string_view expression) {
  Failure asked{Fault::invariant, {}, std::string(expression)};
  locate_xml(text, asked);
  return asked.place ? std::optional(asked.place) : std::nullopt;
}

}  // namespace varde::fhir
