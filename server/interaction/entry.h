#pragma once
/// @file server/interaction/entry.h
/// One entry of a batch or transaction: what it asks, who its resource will be, its doing.
/// Source: https://hl7.org/fhir/R4/http.html#transaction
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/dispatcher.h"
#include "server/interaction/links.h"
#include "server/interaction/precondition.h"
#include "server/interaction/request.h"
#include "server/interaction/store.h"

namespace varde::interaction {

struct Entry {
  std::string full_url;
  Request request;               ///< method, path, query and conditions of entry.request; type and id by its URL
  const Route* route = nullptr;  ///< of its request; none of a collection's
  Doing doing = Doing::read;
  Preconditions preconditions;
  std::optional<fhir::Tree> resource;
  std::optional<Failure> failure;               ///< the entry cannot be done at all
  std::string known_as;                         ///< of a collection's: the id it may have here already
  std::optional<std::string> fixed_id;          ///< of a create that a repeated Bundle must not do twice
  std::optional<std::string> target;            ///< set by identify(): the logical id this entry writes or finds
  bool exists = false;                          ///< set by identify(): a conditional or repeated create found its match
  std::vector<std::uint32_t> conditional = {};  ///< nodes of the resource: conditional references to resolve

  bool writes() const { return doing != Doing::read; }
  /// A create by If-None-Exist, or whatever else names its resource by a search.
  bool is_conditional() const;
  /// "Patient/1"; empty when nothing is there, or will be.
  std::string place() const;
};

struct EntryAnswer {
  int status = 0;
  std::optional<storage::Version> version = {};
  std::string resource = {};             ///< JSON, of a read, search or operation
  std::string etag = {}, location = {};  ///< of what has no version here
  std::string outcome = {};              ///< JSON, of a refusal
};

enum class Reading : std::uint8_t {
  requests,   ///< entries have request elements
  resources,  ///< entries are resources to be created, or updated where they are known here
};
/// Every entry with what is wrong in it. `wrong`: what reading the Bundle's text found, which is an entry's or the
/// Bundle's own. Faults: what is wrong with the Bundle itself.
Result<std::vector<Entry>> read_entries(fhir::Element bundle, Reading reading, const Request& outer,
                                        const Dispatcher& dispatcher, std::vector<Failure> wrong = {});

/// Searches for what an entry is to find, once for each text.
using FindOne = std::function<Result<std::optional<std::string>>(fhir::TypeId type, const Parameters& criteria)>;

/// Decides the entry's logical id. False: its condition names an entry of the Bundle that has no place yet.
Result<bool> identify(Entry& entry, const View& view, const FullUrls& urls, const FindOne& find_one);
/// A conditional reference becomes the one that matches. False: none matches so far.
Result<bool> resolve_conditional(Entry& entry, const FullUrls& urls, const FindOne& find_one);

Result<EntryAnswer> perform(Entry& entry, Act& act, const Dispatcher& dispatcher);
/// An entry that reads.
Result<EntryAnswer> fetch(const Entry& entry, const FullUrls& urls, const View& view, const Dispatcher& dispatcher);
EntryAnswer refused(const Failure& failure);
/// "Observation.status" -> "Bundle.entry[3].resource.status", so that the sender finds the place in what was sent.
void say_entry(Failure& failure, std::size_t index);

}  // namespace varde::interaction
