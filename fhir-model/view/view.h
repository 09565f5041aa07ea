#pragma once
/// @file fhir-model/view/view.h
/// What every typed view is: an Element with one function per element of its type, named as FHIR names it.
///     const auto observation = Observation::of(tree.root());                    // nowhere when it is another type
///     for (const Coding coding : observation.code().coding()) use(coding.system(), coding.code());
///     if (observation.status() == "final") judge(observation.value().quantity().value().text());
/// A view is a cursor as cheap as the Element it stands on: no copies, and what is absent stays absent. Children are
/// found by their row in the definition tables, so that no names are compared.
/// Writing is done with Editor: it checks names and keeps the order, and needs no second set of names.
/// Types without a view of their own are read by Element. Valid while the Tree lives.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir::view {

class Extension;

class View {
 public:
  View() = default;
  explicit View(Element at) : at_(at) {}

  explicit operator bool() const { return bool(at_); }  ///< whether it is there
  operator Element() const { return at_; }              // NOLINT: a view is an element
  Element element() const { return at_; }
  Extension extension(std::string_view url) const;  ///< first extension with that url

 protected:
  static Element if_of(Element element, TypeId type) { return element.type() == type ? element : Element{}; }
  Element child_at(std::uint16_t row) const { return at_.child_of(row); }
  Element choice_at(std::uint16_t row, std::uint16_t alternatives) const { return at_.child_of(row, alternatives); }
  /// A choice's place, when it is this alternative.
  Element alternative_at(std::uint16_t row) const { return at_.is_of(row) ? at_ : Element{}; }

 private:
  Element at_;
};

/// The repetitions of an element, in order.
template <class V>
class List {
 public:
  class iterator {
   public:
    using value_type = V;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::forward_iterator_tag;
    using reference = V;
    using pointer = void;
    iterator() = default;
    explicit iterator(Element at) : at_(at) {}
    V operator*() const { return V(at_); }
    iterator& operator++() {
      at_ = at_.next_alike();
      return *this;
    }
    iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    Element at_;
  };

  explicit List(Element first) : first_(first) {}
  iterator begin() const { return iterator(first_); }
  iterator end() const { return {}; }
  bool empty() const { return !first_; }
  V front() const { return V(first_); }  ///< nowhere when there is none
  std::size_t size() const { return static_cast<std::size_t>(std::distance(begin(), end())); }
  V operator[](std::size_t index) const {  ///< nowhere past the end
    Element at = first_;
    while (at && index-- > 0) at = at.next_alike();
    return V(at);
  }

 private:
  Element first_;
};

class Primitive : public View {
 public:
  using View::View;
  bool has_value() const { return element().has_value(); }     ///< not only an id or extensions
  std::string_view text() const { return element().value(); }  ///< literal; empty when it has no value
};

/// Everything that is a text: string, code, uri, id, markdown, base64Binary, and the dates and times.
class Text : public Primitive {
 public:
  using Primitive::Primitive;
  operator std::string_view() const { return text(); }  // NOLINT: it is one
  friend bool operator==(Text a, std::string_view b) { return a.text() == b; }
  friend bool operator==(Text a, Text b) { return a.text() == b.text(); }
};

class Boolean : public Primitive {
 public:
  using Primitive::Primitive;
  explicit operator bool() const = delete;  ///< is it there, or is it true? Ask has_value() or is_true()
  std::optional<bool> value() const { return has_value() ? std::optional(is_true()) : std::nullopt; }
  bool is_true() const { return text() == "true"; }
  bool is_false() const { return text() == "false"; }
};

namespace detail {
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}
}  // namespace detail

/// integer, positiveInt, unsignedInt
class Integer : public Primitive {
 public:
  using Primitive::Primitive;
  std::optional<std::int32_t> value() const { return detail::number<std::int32_t>(text()); }
};

/// text() keeps the digits as they were written; a double may not.
class Decimal : public Primitive {
 public:
  using Primitive::Primitive;
  std::optional<double> approximately() const { return detail::number<double>(text()); }
};

/// A resource of any type, as it stands in `contained` or a Bundle's entry.
class Resource : public View {
 public:
  using View::View;
  TypeId type() const { return element().type(); }
  std::string_view type_name() const { return element().type_name(); }
  Text id() const { return Text(element()["id"]); }
  /// As a view of that type; nowhere when it is another: resource.as<Observation>().
  template <class V>
  V as() const {
    return V::of(element());
  }
};

}  // namespace varde::fhir::view
