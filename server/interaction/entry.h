#pragma once
/// @file server/interaction/entry.h
/// One entry of a batch or transaction: what it asks, who its resource will be, its references, its doing.
/// Source: https://hl7.org/fhir/R4/http.html#transaction, https://hl7.org/fhir/R4/bundle.html#references
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::interaction {

/// Where a fullUrl of the Bundle leads: "Patient/<new id>".
using IdByFullUrl = std::map<std::string, std::string, std::less<>>;

struct Entry {
  std::string full_url;
  Request request;  ///< method, path, query and conditions of entry.request; type and id by its URL
  std::optional<fhir::Tree> resource;
  std::optional<std::string> fixed_id;  ///< of a create that a repeated Bundle must not do twice
  std::optional<Failure> failure;       ///< the entry cannot be done at all
  std::optional<std::string> target;    ///< set by identify(): the logical id this entry writes or finds
  bool exists = false;                  ///< set by identify(): a conditional or repeated create found its match
  IdByFullUrl known;                    ///< ids fixed before any entry is done (collections)

  std::string_view method() const { return request.method; }
};

struct EntryAnswer {
  int status = 0;
  std::optional<storage::Version> version;
  std::string resource = {};  ///< JSON, of a read or search
  std::string outcome = {};   ///< JSON, of a refusal
};

enum class Reading : std::uint8_t {
  requests,   ///< entries have request elements
  resources,  ///< entries are resources to be created
};
/// Every entry with what is wrong in it. Faults: what is wrong with the Bundle itself.
Result<std::vector<Entry>> read_entries(fhir::Element bundle, Reading reading, const Request& outer);

/// Two entries that write the same resource: refused (400).
Result<void> refuse_repeats(const std::vector<Entry>& entries);
/// Decides the entry's logical id and adds its fullUrl to `ids`.
Result<void> identify(Entry& entry, storage::Transaction& job, const Context& context, const std::string& base,
                      IdByFullUrl& ids);
/// urn:uuid and other fullUrls become Type/id; `Patient?identifier=...` becomes the one that matches.
Result<void> resolve_references(Entry& entry, const IdByFullUrl& ids, const storage::Snapshot& snapshot,
                                const std::string& base);
Result<EntryAnswer> perform(Entry& entry, storage::Transaction& job, Context& context);
/// A GET entry.
Result<EntryAnswer> fetch(const Entry& entry, const storage::Snapshot& snapshot, const Context& context);
EntryAnswer refused(const Failure& failure);

}  // namespace varde::interaction
