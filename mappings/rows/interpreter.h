#pragma once
/// @file mappings/rows/interpreter.h
/// Walks mapping rows in either direction, and the state of such a walk.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/fault/fault.h"
#include "mappings/message.h"
#include "mappings/rows/rows.h"

namespace varde::mappings::rows {

/// A message on its way to FHIR: the Bundle that grows, and the names of what is in it.
class Inbound {
 public:
  Inbound(const Message& message, fhir::Tree& bundle);

  const Message& message;
  bool cancelled() const { return message.status == "C"; }

  /// The one resource of that type without a tag; made when there is none.
  fhir::Editor resource(std::string_view type);
  bool has(std::string_view type) const;
  /// A new entry. `tag` (an element of the message) lets the way back find it, and lists it in that Composition
  /// section.
  fhir::Editor add_resource(std::string_view type, std::string_view tag = {});
  /// A resource contained in `container`; the id says what it is: "sender-1".
  fhir::Editor add_contained(fhir::Editor container, std::string_view type, std::string_view id_stem);
  std::string full_url(fhir::Element resource) const;
  void refer(fhir::Editor parent, std::string_view name, fhir::Element target) const;
  /// A value made where it stays, since it may be large: `make` gets room for `most` bytes and returns how many it
  /// took. Nothing is added where it took none.
  fhir::Editor add_made(fhir::Editor parent, std::string_view name, std::size_t most,
                        const std::function<std::size_t(char*)>& make);
  /// A UUID that is the same each time this message is read (UUIDv5 below its MsgId).
  std::string uuid_for(std::string_view key) const;
  /// Every resource entry of that type, in order.
  std::vector<fhir::Editor> all(std::string_view type) const;

 private:
  struct Entry {
    fhir::Editor resource;
    std::string full_url, tag;
  };
  fhir::Tree& bundle_;
  std::vector<Entry> entries_;
  int contained_ = 0;
};

/// A Bundle on its way to a message.
class Outbound {
 public:
  explicit Outbound(fhir::Element bundle);

  fhir::Element resource(std::string_view type) const;  ///< first of that type; absent when none
  std::vector<fhir::Element> all(std::string_view type) const;
  std::string_view full_url(fhir::Element resource) const;
  /// What a Reference points at: contained, an entry by fullUrl or by Type/id; absent when outside the Bundle.
  fhir::Element resolve(fhir::Element reference) const;

  int depth = 0;  ///< of organisations within one another: others' references may run in a circle

 private:
  struct Entry {
    std::string_view full_url;
    fhir::Element resource;
  };
  std::vector<Entry> entries_;
};

/// To FHIR: every row whose path is in `from`, below `at`.
void read(Inbound&, Rows rows, const XmlNode& from, fhir::Editor at);
/// To the message: every row whose path is in `from`. False when nothing was there.
bool write(Outbound&, Rows rows, fhir::Element from, XmlNode& out);

/// Takes away elements that hold nothing (FHIR allows none), whatever left them behind.
void prune(fhir::Editor element);
/// Deep copy under that name; of an absent element nothing.
void copy(fhir::Editor to, std::string_view name, fhir::Element source);
/// The resource that `element` stands in, contained resources counted as their container.
fhir::Element container_of(fhir::Element element);
/// The first section with that code of kElementSystem below a Composition or a section; absent when none.
fhir::Element find_section(fhir::Element parent, std::string_view code);
fhir::Editor ensure_section(fhir::Editor parent, std::string_view code);
/// Our tag on a resource; empty when it has none.
std::string_view tag_of(fhir::Element resource);

}  // namespace varde::mappings::rows
