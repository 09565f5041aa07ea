#pragma once
/// @file server/messaging/bundle_writer.h
/// Stores the resources of a mapped message: each under the UUID of its fullUrl, references between them made local.
/// What the server already has (the patient, the stay in hospital, the referral being changed) is bound instead.
#include <list>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::messaging {

class BundleWriter {
 public:
  struct Entry {
    std::string full_url;   ///< "urn:uuid:..."
    fhir::Tree resource;
    std::string id = {};    ///< given by number(), bind() or replace()
    enum class Fate { create, replace, leave } fate = Fate::create;
  };

  explicit BundleWriter(const fhir::Tree& bundle);

  /// Gives every entry its id, so that effects can refer to it before it is written.
  void number(const storage::Snapshot& db, const interaction::Store& store);
  /// First entry of that type; nullptr when the message has none.
  Entry* first(std::string_view type);
  std::list<Entry>& entries() { return entries_; }
  /// References to the entry mean `id`, which the server already has; the entry itself is not written.
  static void bind(Entry& entry, std::string id) { entry.id = std::move(id), entry.fate = Entry::Fate::leave; }
  /// As bind, but the entry becomes the resource's new version.
  static void replace(Entry& entry, std::string id) { entry.id = std::move(id), entry.fate = Entry::Fate::replace; }

  /// Writes this entry now: a new patient, before effects speak of it.
  Result<void> write(Entry& entry, storage::Transaction& transaction, interaction::Store& store);
  /// What is left. Patient first, so that the others find its compartment; Communication last. Faults: what Store refuses.
  Result<void> write(storage::Transaction& transaction, interaction::Store& store);

 private:
  void make_local(fhir::Editor editor) const;
  std::list<Entry> entries_;
};

}  // namespace varde::messaging
