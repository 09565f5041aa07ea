// Requests through the whole server but its sockets: Dispatch on a store in a directory of its own, which is emptied
// now and then. The first line is "METHOD target", the rest the body; most are Bundles for the base. Whatever comes,
// there is an answer with a status, it parses, and nothing but a fault of the server's own (500) is our mistake.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "fhir-model/json/json.h"
#include "fhir-model/profile/profiles.h"
#include "server/followup/followup.h"
#include "server/http/dispatch.h"
#include "server/interaction/store.h"
#include "server/interaction/unfulfilled.h"
#include "server/operation/operations.h"
#include "server/search/cursor.h"

namespace {

using namespace varde;

constexpr std::string_view kBase = "http://varde.test/fhir";
constexpr int kMostRequests = 2000;  // on one store, so that a run stays small

std::vector<interaction::Route> operations() {
  std::vector<interaction::Route> all;
  for (const auto some :
       {operation::followup_operations(), operation::terminology_operations(), operation::resource_operations()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

class World {
 public:
  World()
      : directory_(make_directory()),
        database_({.directory = directory_, .readers = 1}),
        store_(interaction::uuid_v7(), std::string(kBase)),
        key_(search::CursorKey::in_directory(directory_)),
        repository_(database_, store_, access::anybody()),
        context_{store_, key_, profiles_},
        dispatch_(context_, repository_, operations(), {}) {
    store_.add_effect(unfulfilled_);
    store_.add_effect(followup_);
  }
  ~World() { std::filesystem::remove_all(directory_); }

  interaction::Response ask(http::Received request) { return dispatch_.answer(request, std::string(kBase)); }

 private:
  static std::string make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "varde-fuzz-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    return name;
  }
  std::string directory_;
  storage::Database database_;
  interaction::Store store_;
  interaction::Repository repository_;
  search::CursorKey key_;
  fhir::Profiles profiles_;
  followup::FollowUp followup_;
  interaction::Unfulfilled unfulfilled_;
  interaction::Context context_;
  http::Dispatch dispatch_;
};

http::Received request_of(std::string_view text) {
  http::Received out;
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t blank = line.find(' ');
  out.method = line.substr(0, blank);
  out.target = blank == std::string_view::npos ? "/fhir" : std::string(line.substr(blank + 1));
  out.body = text.substr(std::min(line.size() + 1, text.size()));
  if (!out.body.empty())
    out.headers.emplace_back("content-type", out.body[0] == '<' ? "application/fhir+xml" : "application/fhir+json");
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<World> world;
  static int requests = 0;
  if (!world || ++requests % kMostRequests == 0) {
    world.reset();
    world = std::make_unique<World>();
  }
  const auto answer = world->ask(request_of({reinterpret_cast<const char*>(data), size}));
  if (answer.status < 200 || answer.status > 599 || answer.status == 500) std::abort();
  if (answer.content_type.starts_with("application/fhir+json") && !answer.body.empty() &&
      !fhir::parse_json(answer.body))
    std::abort();
  return 0;
}
