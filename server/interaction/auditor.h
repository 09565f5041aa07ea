#pragma once
/// @file server/interaction/auditor.h
/// What is told to whoever keeps the audit log: what somebody saw in one read, and what was done in one write. Told by
/// the Repository, which makes every View and Act: nothing is read or written around it.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/access/circumstances.h"
#include "server/access/principal.h"
#include "server/storage/storage.h"

namespace varde::interaction {

class Act;

/// One resource that was seen or written.
struct Noted {
  char action;  ///< of http://hl7.org/fhir/audit-event-action: C, R, U, D
  fhir::TypeId type;
  std::string id;
  std::int64_t version;
  storage::PatientKey patient;
};
using Notes = std::vector<Noted>;

/// What a request asks for, as it is written down: never a token, and of a search its parameters.
struct AuditableEvent {
  std::string interaction;  ///< "GET {type}/{id}": the route
  std::string query = {};   ///< decoded parameters, "name=value&…"; it is kept in the log alone
  bool reads = true;        ///< it is about reading: told even where nothing was found
  access::Circumstances circumstances = {};
  storage::PatientKey attested = {};  ///< whom its grounds are about; none: nobody who is known here
};

class Auditor {
 public:
  virtual ~Auditor() = default;
  virtual void seen(const access::Principal&, const AuditableEvent&, const Notes&, storage::Instant at) noexcept = 0;
  /// In the transaction of the write itself.
  virtual void done(Act&, const AuditableEvent&, const Notes&) = 0;
  virtual void refused(const access::Principal&, const AuditableEvent&, int status, storage::Instant at) noexcept = 0;
};

}  // namespace varde::interaction
