#include "tests/storage/support/store_fixture.h"

#include <cstdlib>
#include <stdexcept>

namespace varde::storage::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "varde-storage-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

fhir::TypeId type(std::string_view name) {
  const auto found = fhir::find_resource_type(name);
  if (found == fhir::TypeId::none) throw std::logic_error("no such resource type");
  return found;
}

Version put_in(Transaction& transaction, std::string_view type_name, const std::string& id, const IndexRows& rows,
               Method method, const std::string& patient) {
  const auto before = transaction.current(type(type_name), id);
  Version next{.key = before ? before->key : ResourceKey::none,
               .patient = patient.empty() ? PatientKey::none : transaction.claim_patient(patient),
               .type = type(type_name),
               .id = id,
               .version = before ? before->version + 1 : 1,
               .updated = transaction.now(),
               .method = before ? method : Method::create};
  if (method != Method::remove) next.bytes = std::string(type_name) + "/" + id + " v" + std::to_string(next.version);
  next.key = transaction.put(next, rows);
  return next;
}

Version Store::put(std::string_view type_name, const std::string& id, const IndexRows& rows, Method method,
                   const std::string& patient) {
  auto written = database->write([&](Transaction& transaction) -> Result<Version> {
    return put_in(transaction, type_name, id, rows, method, patient);
  });
  return written.value();
}

void Store::write(const std::function<void(Transaction&)>& job) {
  const auto written = database->write([&](Transaction& transaction) -> Result<void> {
    job(transaction);
    return {};
  });
  ASSERT_TRUE(written);
}

std::optional<Version> Store::current(std::string_view type_name, const std::string& id) {
  return database->read([&](const Snapshot& snapshot) { return snapshot.current(type(type_name), id); });
}

}  // namespace varde::storage::test
