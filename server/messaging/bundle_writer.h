#pragma once
/// @file server/messaging/bundle_writer.h
/// Stores the resources of a mapped message: each under the UUID of its fullUrl, references between them made local.
/// What the server already has (the patient, the stay in hospital, the referral being changed) is bound instead.
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/store.h"
#include "server/storage/storage.h"

namespace varde::messaging {

class BundleWriter {
 public:
  struct Entry {
    std::string full_url;  ///< "urn:uuid:..."
    fhir::Tree resource;
    std::string id = {};  ///< given by number(), bind() or replace()
    enum class Fate { create, replace, leave, drop } fate = Fate::create;
  };

  explicit BundleWriter(fhir::Tree bundle);
  BundleWriter(BundleWriter&&) = default;

  /// Gives every entry its id, so that effects can refer to it before it is written.
  void number(const interaction::View& view);
  /// First entry of that type; nullptr when the message has none.
  Entry* first(std::string_view type);
  std::list<Entry>& entries() { return entries_; }
  /// References to the entry mean `id`, which the server already has; the entry itself is not written.
  static void bind(Entry& entry, std::string id) { entry.id = std::move(id), entry.fate = Entry::Fate::leave; }
  /// As bind, but the entry becomes the resource's new version.
  static void replace(Entry& entry, std::string id) { entry.id = std::move(id), entry.fate = Entry::Fate::replace; }
  /// Of what would be created only the message itself is kept: its Communication, and its documents under `status`.
  /// References to the rest are not written either.
  void file_only(std::string_view document_status);
  /// "Type/id" of what becomes a new version of something the server already has.
  std::vector<std::string> replacing() const;
  /// "Type/id" of everything written, in order.
  const std::vector<std::string>& written() const { return written_; }

  /// Writes this entry now: a new patient, before effects speak of it.
  Result<void> write(Entry& entry, interaction::Act& act);
  /// What is left. Patient first, so that the others find its compartment; Communication last. Faults: what Store
  /// refuses.
  Result<void> write(interaction::Act& act);

 private:
  const Entry* entry_of(std::string_view full_url) const;
  void make_local(fhir::Editor editor) const;
  fhir::Tree bundle_;  ///< whose large texts the entries go on using
  std::list<Entry> entries_;
  std::vector<std::string> written_;
};

}  // namespace varde::messaging
