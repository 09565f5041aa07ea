#pragma once
/// Three patients and all that can be stored about them, in a server that is asked as anybody whom a token can name.
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fhir-model/profile/profiles.h"
#include "server/access/principal.h"
#include "server/care/relations.h"
#include "server/interaction/dispatcher.h"
#include "server/search/cursor.h"
#include "server/storage/storage.h"

namespace varde::test {

using Who = std::shared_ptr<const access::Principal>;

/// As a token of those claims says: `more` is `"role":"nurse","org":"111"`; roles, org, hpr, patient, person.
Who who(const std::string& role, const std::string& more = {}, const std::string& scopes = "user/*.cruds");
const Who& ourselves();

class Land {
 public:
  /// `first`: routes that go before the interactions.
  explicit Land(std::vector<interaction::Route> first = {});
  ~Land();

  interaction::Response ask(const Who& who, const std::string& method, const std::string& address,
                            const std::string& body = {});
  /// Stores it as ourselves; its id is the one it carries, or a new one.
  std::string put(fhir::Tree resource);
  std::string put(const std::string& json);
  interaction::Repository as(const Who& who) const { return repository->as(who); }
  /// What `job`, which takes an Act&, would be answered (200 or its failure's status), without doing it.
  template <class Job>
  int tried(const Who& who, Job job) const {
    int status = 200;
    (void)as(who).write([&](interaction::Act& act) -> Result<void> {
      const auto done = job(act);
      if (!done) status = row_of(done.error().fault).http_status;
      return fail(Fault::internal, "undone");
    });
    return status;
  }
  const interaction::Dispatcher& dispatcher() const { return *dispatcher_; }

  std::filesystem::path directory;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<interaction::Store> store;
  std::unique_ptr<interaction::Repository> repository;
  std::unique_ptr<search::CursorKey> key;
  fhir::Profiles profiles;
  care::Relations relations;
  std::unique_ptr<interaction::Context> context;

 private:
  std::unique_ptr<interaction::Routes> routes_;
  std::unique_ptr<interaction::Dispatcher> dispatcher_;
};

/// Ids of a searchset's matches, and of what came along.
std::set<std::string> ids_in(const std::string& bundle);

}  // namespace varde::test
