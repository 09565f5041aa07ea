#include "fhir-model/profile/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace varde::fhir {
namespace {

constexpr std::string_view kStructure = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::size_t kMostElements = 10'000;
constexpr int kDeepest = 20;

/// One element of the snapshot in the making.
struct Line {
  std::string id;  ///< with the names of slices: "Observation.component:systolic.code"
  std::string path;
  Tree definition;
};
using Lines = std::vector<Line>;

/// Lists that a differential adds to; of all else it replaces what the base says.
constexpr std::array<std::string_view, 6> kAdded{"alias", "condition", "constraint", "example", "extension", "mapping"};

std::string_view parent_of(std::string_view id) {
  const auto dot = id.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : id.substr(0, dot);
}
std::string_view last_of(std::string_view id) { return id.substr(id.rfind('.') + 1); }  // npos + 1 is 0

/// "a.b:x.c" is below "a.b:x".
bool is_below(std::string_view id, std::string_view above) {
  return id.size() > above.size() && id.starts_with(above) && id[above.size()] == '.';
}
/// Below, or a slice of it or below one.
bool is_within(std::string_view id, std::string_view above) {
  return id == above || is_below(id, above) || (id.starts_with(above) && id[above.size()] == ':');
}

std::string path_of(std::string_view id) {
  std::string path;
  while (!id.empty()) {
    std::string_view step = id.substr(0, id.find('.'));
    id.remove_prefix(std::min(step.size() + 1, id.size()));
    path += path.empty() ? "" : ".";
    path += step.substr(0, step.find(':'));
  }
  return path;
}

Line line_of(Element from, std::string id) {
  Line line{std::move(id), {}, Tree::copy_of(from)};
  line.path = path_of(line.id);
  line.definition.edit().set("id", line.id);
  line.definition.edit().set("path", line.path);
  return line;
}

bool is_choice_of(std::string_view name, std::string_view base) {
  return name.size() > base.size() && name.starts_with(base) && name[base.size()] >= 'A' && name[base.size()] <= 'Z';
}

/// fixed[x] and the like: what stands there goes, whichever type it has.
void remove_alike(Editor from, Element child) {
  const auto* row = child.definition();
  if (row->choice.empty()) return from.remove(child.name());
  std::vector<Element> gone;
  for (const Element other : from.children())
    if (other.definition()->choice == row->choice) gone.push_back(other);
  for (const Element other : gone) from.remove_child(other);
}

bool holds_constraint(Element definition, Element constraint) {
  for (const Element known : definition.each("constraint"))
    if (known["key"].value() == constraint["key"].value()) return true;
  return false;
}

/// What the differential says of an element goes over what the base says.
void merge(Tree& into, Element said, std::string_view url) {
  Editor definition = into.edit();
  std::vector<std::string_view> replaced;
  for (const Element child : said.children()) {
    const std::string_view name = child.name();
    if (name == "id" || name == "path" || name == "base") continue;
    const bool added = std::ranges::find(kAdded, name) != kAdded.end();
    if (name == "constraint" && holds_constraint(definition, child)) continue;
    if (!added && std::ranges::find(replaced, name) == replaced.end()) {
      remove_alike(definition, child);
      replaced.push_back(name);
    }
    Editor copy = definition.add_copy(name, child);
    if (name == "constraint" && !copy["source"]) copy.set("source", url);
  }
}

class Snapshot {
 public:
  Snapshot(Element definition, const FindDefinition& find, int depth)
      : definition_(definition), find_(find), url_(definition["url"].value()), depth_(depth) {}

  Result<Tree> make() {
    if (depth_ > kDeepest)
      return fail(Fault::too_costly, "The bases lead to each other in a circle.", "baseDefinition");
    FHIR_TRY(take_base());
    for (const Element said : definition_["differential"].each("element")) FHIR_TRY(apply(said));
    Tree out = Tree::copy_of(definition_);
    out.edit().remove("snapshot");
    Editor snapshot = out.edit().add("snapshot");
    for (const Line& line : lines_) snapshot.add_copy("element", line.definition.root());
    return out;
  }

 private:
  tl::unexpected<Failure> refuse(const std::string& why, Element said) const {
    return fail(Fault::business_rule, why, said.path());
  }

  /// The elements of another definition, made where it has no snapshot itself.
  Result<Tree> elements_of(std::string_view canonical, Element asked) const {
    auto found = find_(canonical);
    if (!found)
      return fail(Fault::not_found, fmt::format("The definition {} is not known here.", canonical), asked.path());
    if (found->root()["snapshot"]) return std::move(*found);
    return Snapshot(found->root(), find_, depth_ + 1).make();
  }

  Result<void> take_base() {
    const Element base = definition_["baseDefinition"];
    if (!base && definition_["type"].value() == "Element") return {};
    if (!base) return fail(Fault::business_rule, "The definition has no base to make a snapshot of.", "baseDefinition");
    const auto tree = elements_of(base.value(), base);
    FHIR_TRY(tree);
    const std::string_view type = definition_["type"].value();
    for (const Element element : tree->root()["snapshot"].each("element")) {
      std::string id(element["id"] ? element["id"].value() : element["path"].value());
      id.replace(0, std::min(id.find('.'), id.size()), type);
      lines_.push_back(line_of(element, std::move(id)));
      set_base(lines_.back(), element["path"].value(), element);
    }
    return {};
  }

  /// Where an element was first defined, and how often it may come there.
  static void set_base(Line& line, std::string_view path, Element element) {
    if (line.definition.root()["base"]) return;
    Editor base = line.definition.edit().add("base");
    base.set("path", path);
    base.set("min", element["min"] ? element["min"].value() : "0");
    base.set("max", element["max"] ? element["max"].value() : "*");
  }

  std::size_t find_line(std::string_view id) const {
    const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.id == id; });
    return static_cast<std::size_t>(found - lines_.begin());
  }
  bool has(std::string_view id) const { return find_line(id) < lines_.size(); }
  bool has_children(std::string_view id) const {
    return std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) { return is_below(line.id, id); });
  }
  std::size_t behind(std::string_view id) const {
    std::size_t last = find_line(id);
    for (std::size_t i = last; i < lines_.size(); ++i)
      if (is_within(lines_[i].id, id)) last = i;
    return last + 1;
  }

  /// The id of an element of the differential; where it says none, by its path and the slices that it stands in.
  std::string id_of(Element said) {
    if (said["id"]) {
      last_id_ = said["id"].value();
    } else {
      std::string id(said["path"].value());
      const std::string_view above = parent_of(id);
      for (std::string_view before = last_id_; !before.empty(); before = parent_of(before))
        if (path_of(before) == above) {
          id = std::string(before) + "." + std::string(last_of(id));
          break;
        }
      if (said["sliceName"]) id += ":" + std::string(said["sliceName"].value());
      last_id_ = id;
    }
    return last_id_;
  }

  Result<void> apply(Element said) {
    if (lines_.size() > kMostElements)
      return fail(Fault::too_costly, "The snapshot has too many elements.", said.path());
    std::string id = id_of(said);
    const auto above = make_way(parent_of(id), said);
    FHIR_TRY(above);
    id = as_slice_of_choice(above->empty() ? id : *above + "." + std::string(last_of(id)));
    if (!has(id)) FHIR_TRY(add(id, said));
    merge(lines_[find_line(id)].definition, said, url_);
    return {};
  }

  /// "Observation.valueQuantity" means the slice valueQuantity of Observation.value[x].
  std::string as_slice_of_choice(const std::string& id) const {
    if (has(id)) return id;
    const std::string_view parent = parent_of(id), name = last_of(id);
    for (const Line& line : lines_) {
      if (parent_of(line.id) != parent || !line.id.ends_with("[x]")) continue;
      const std::string_view whole = last_of(line.id);
      if (is_choice_of(name, whole.substr(0, whole.size() - 3)) && name.find(':') == std::string_view::npos)
        return line.id + ":" + std::string(name);
    }
    return id;
  }

  Result<void> add(const std::string& id, Element said) {
    const std::string_view name = last_of(id);
    const auto colon = name.find(':');
    if (colon == std::string_view::npos) {
      const bool is_new_type = definition_["derivation"].value() == "specialization" || lines_.empty();
      if (!is_new_type || (!lines_.empty() && !has(parent_of(id))))
        return refuse(fmt::format("The base has no element {}.", path_of(id)), said);
      const std::size_t at = lines_.empty() ? 0 : behind(parent_of(id));
      lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), line_of(said, id));
      set_base(lines_[at], lines_[at].path, said);
      return {};
    }
    const std::string whole = id.substr(0, id.rfind(':'));
    if (!has(whole)) return refuse(fmt::format("The base has no element {}.", path_of(id)), said);
    Line& sliced = lines_[find_line(whole)];
    const bool by_type = whole.ends_with("[x]");
    if (by_type && !sliced.definition.root()["slicing"]) slice_by_type(sliced);
    Line slice = line_of(sliced.definition.root(), id);
    Editor made = slice.definition.edit();
    made.remove("slicing");
    made.set("sliceName", name.substr(colon + 1));
    made.set("min", "0");
    if (by_type) narrow_type(made, whole, name.substr(colon + 1));
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(behind(whole)), std::move(slice));
    return {};
  }

  static void slice_by_type(Line& line) {
    Editor slicing = line.definition.edit().add("slicing");
    Editor discriminator = slicing.add("discriminator");
    discriminator.set("type", "type");
    discriminator.set("path", "$this");
    slicing.set("ordered", "false");
    slicing.set("rules", "open");
  }

  /// Of the slice valueQuantity only the type Quantity is left.
  static void narrow_type(Editor made, std::string_view whole, std::string_view slice) {
    const std::string_view name = last_of(whole).substr(0, last_of(whole).size() - 3);
    if (!is_choice_of(slice, name)) return;
    const std::string_view type = slice.substr(name.size());
    std::vector<Element> others;
    bool found = false;
    for (const Element one : made.each("type")) {
      const std::string_view code = one["code"].value();
      const bool same =
          code.size() == type.size() && (code[0] | 0x20) == (type[0] | 0x20) && code.substr(1) == type.substr(1);
      found |= same;
      if (!same) others.push_back(one);
    }
    if (!found) return;
    for (const Element one : others) made.remove_child(one);
  }

  /// Makes the elements above one that the differential names, out of slices and of data types; its id among the lines.
  Result<std::string> make_way(std::string_view id, Element said) {
    if (id.empty()) return std::string();
    const auto parent = make_way(parent_of(id), said);
    FHIR_TRY(parent);
    const std::string above =
        as_slice_of_choice(parent->empty() ? std::string(id) : *parent + "." + std::string(last_of(id)));
    if (!has(above)) FHIR_TRY(add(above, said));
    if (has_children(above)) return above;
    const auto colon = last_of(above).find(':');
    const std::string whole = colon == std::string_view::npos ? std::string() : above.substr(0, above.rfind(':'));
    FHIR_TRY(!whole.empty() && has_children(whole) ? copy_below(whole, above) : unfold(above, said));
    return above;
  }

  /// A slice has at first what the element has that it is a slice of.
  Result<void> copy_below(const std::string& from, const std::string& to) {
    Lines copies;
    for (const Line& line : lines_)
      if (is_below(line.id, from)) copies.push_back(line_of(line.definition.root(), to + line.id.substr(from.size())));
    insert_below(to, std::move(copies));
    return {};
  }

  void insert_below(const std::string& id, Lines below) {
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(find_line(id)) + 1,
                  std::make_move_iterator(below.begin()), std::make_move_iterator(below.end()));
  }

  /// The elements of its type, or of the element that it refers to for its content.
  Result<void> unfold(const std::string& id, Element said) {
    const Element element = lines_[find_line(id)].definition.root();
    if (const Element content = element["contentReference"]) {
      std::string from(content.value().substr(content.value().find('#') + 1));
      from.replace(0, std::min(from.find('.'), from.size()), definition_["type"].value());
      return copy_below(from, id);
    }
    const Element type = element["type"];
    if (element.count("type") != 1)
      return refuse(fmt::format("{} may be of several types: say which before its parts.", path_of(id)), said);
    std::string canonical(type["profile"] ? type["profile"].value() : type["code"].value());
    if (canonical.find(':') == std::string::npos) canonical = std::string(kStructure) + canonical;
    const auto tree = elements_of(canonical, type);
    FHIR_TRY(tree);
    Lines below;
    for (const Element one : tree->root()["snapshot"].each("element")) {
      const std::string_view inner = one["id"] ? one["id"].value() : one["path"].value();
      const auto dot = inner.find('.');
      if (dot == std::string_view::npos) continue;
      below.push_back(line_of(one, id + std::string(inner.substr(dot))));
      set_base(below.back(), one["path"].value(), one);
    }
    insert_below(id, std::move(below));
    return {};
  }

  const Element definition_;
  const FindDefinition& find_;
  const std::string_view url_;
  const int depth_;
  Lines lines_;
  std::string last_id_;
};

}  // namespace

Result<Tree> with_snapshot(Element definition, const FindDefinition& find) {
  return Snapshot(definition, find, 0).make();
}

}  // namespace varde::fhir
