#include "tests/access/support/land.h"

#include <stdexcept>

#include "fhir-model/json/json.h"
#include "server/access/login.h"
#include "server/care/emergency.h"
#include "server/interaction/text.h"
#include "server/operation/operations.h"
#include "tests/support/engine.h"

namespace varde::test {
namespace {

access::Issuer issuer() {
  access::Issuer out;
  out.name = "test", out.role_claim = "role", out.organisation_claim = "org", out.hpr_claim = "hpr",
  out.person_claim = "person";
  return out;
}

std::vector<interaction::Route> all_routes(std::vector<interaction::Route> all) {
  all.insert(all.end(), interaction::interactions().begin(), interaction::interactions().end());
  for (const auto some :
       {operation::followup_operations(), operation::terminology_operations(), operation::resource_operations()})
    all.insert(all.end(), some.begin(), some.end());
  all.push_back(care::emergency_access());
  return all;
}

}  // namespace

Who who(const std::string& role, const std::string& more, const std::string& scopes) {
  const std::string claims = R"({"client_id":"client","sub":"someone","scope":")" + scopes + R"(","role":")" + role +
                             "\"" + (more.empty() ? "" : "," + more) + "}";
  return access::principal_of(access::Json::object(claims).value(), issuer(), {});
}

const Who& ourselves() {
  static const Who kOurselves = std::make_shared<const access::Principal>(access::ourselves("test"));
  return kOurselves;
}

Land::Land(std::vector<interaction::Route> first) {
  std::string name = (std::filesystem::temp_directory_path() / "varde-access-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
  directory = name;
  database = std::make_unique<storage::Database>(on_engine({.directory = (directory / "data").string(), .readers = 2}));
  store = std::make_unique<interaction::Store>(interaction::uuid_v7(), "http://varde.test/fhir");
  store->add_effect(relations);
  repository = std::make_unique<interaction::Repository>(*database, *store, ourselves());
  key = std::make_unique<search::CursorKey>(search::CursorKey::in_directory((directory / "data").string()));
  context = std::make_unique<interaction::Context>(interaction::Context{*store, *key, profiles});
  routes_ = std::make_unique<interaction::Routes>(all_routes(std::move(first)));
  dispatcher_ = std::make_unique<interaction::Dispatcher>(*repository, *context, *routes_);
}

Land::~Land() {
  dispatcher_.reset(), context.reset(), key.reset(), repository.reset(), store.reset(), database.reset();
  std::filesystem::remove_all(directory);
}

interaction::Response Land::ask(const Who& who, const std::string& method, const std::string& address,
                                const std::string& body) {
  interaction::Request request;
  request.method = method, request.body = body, request.base = "http://varde.test/fhir", request.principal = who;
  if (!body.empty()) request.content_type = "application/fhir+json";
  const std::size_t mark = std::min(address.find('?'), address.size());
  for (std::size_t at = 0; at < mark;) {
    const std::size_t end = std::min(address.find('/', at), mark);
    request.path.push_back(address.substr(at, end - at));
    at = end + 1;
  }
  if (mark < address.size()) request.query = interaction::parse_form(address.substr(mark + 1)).value();
  std::string allowed;
  auto answer = dispatcher_->answer(request, allowed);
  return answer ? std::move(*answer) : interaction::outcome(answer.error());
}

std::string Land::put(fhir::Tree resource) {
  std::string id(resource.root()["id"].value());
  auto done = repository->write([&](interaction::Act& act) {
    return id.empty() ? act.create(resource.edit()) : act.update(resource.edit(), id);
  });
  if (!done) throw std::runtime_error(done.error().diagnostics);
  return done->id;
}

std::string Land::put(const std::string& json) {
  auto tree = fhir::parse_json(json);
  if (!tree) throw std::runtime_error(tree.error().diagnostics);
  return put(std::move(*tree));
}

std::set<std::string> ids_in(const std::string& bundle) {
  std::set<std::string> out;
  const auto tree = fhir::parse_json(bundle, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw std::runtime_error("no bundle");
  for (const auto entry : tree->root().each("entry"))
    if (entry["resource"]["id"].has_value()) out.emplace(entry["resource"]["id"].value());
  return out;
}

}  // namespace varde::test
