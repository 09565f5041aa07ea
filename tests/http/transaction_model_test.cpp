/// Transactions beside a sequential model: random Bundles of creates, updates and deletes, plain and conditional, with
/// references between their entries. What the model does one by one, in the order of the specification, the server must
/// have done, or nothing at all: https://hl7.org/fhir/R4/http.html#trules. What fails is shrunk.
/// Where an entry's condition is met or not by what another entry writes, the server may refuse instead: the outcome
/// would depend on more than the specification orders.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/http/support/json.h"
#include "tests/http/support/world.h"

namespace varde::test {
namespace {

enum class Kind { put, put_if_match, remove, create, create_unless, put_where, remove_where };

struct Entry {
  Kind kind = Kind::put;
  int id = 0, identifier = 0, condition = 0, value = 0, version = 1, refers = -1;  ///< refers: to an entry
  bool writes_one() const { return kind != Kind::remove && kind != Kind::remove_where; }
  bool is_conditional() const { return kind >= Kind::create_unless; }
};
using Bundle = std::vector<Entry>;

std::ostream& operator<<(std::ostream& out, const Entry& entry) {
  constexpr const char* kNames[] = {"put",           "put if-match", "delete",      "create",
                                    "create unless", "put where",    "delete where"};
  return out << kNames[static_cast<int>(entry.kind)] << " id " << entry.id << " identifier " << entry.identifier
             << " condition " << entry.condition << " value " << entry.value << " version " << entry.version
             << " refers " << entry.refers;
}

rc::Gen<Entry> any_entry() {
  return rc::gen::build<Entry>(
      rc::gen::set(&Entry::kind, rc::gen::element(Kind::put, Kind::put_if_match, Kind::remove, Kind::create,
                                                  Kind::create_unless, Kind::put_where, Kind::remove_where)),
      rc::gen::set(&Entry::id, rc::gen::inRange(0, 4)), rc::gen::set(&Entry::identifier, rc::gen::inRange(0, 4)),
      rc::gen::set(&Entry::condition, rc::gen::inRange(0, 4)), rc::gen::set(&Entry::value, rc::gen::inRange(0, 3)),
      rc::gen::set(&Entry::version, rc::gen::inRange(1, 4)), rc::gen::set(&Entry::refers, rc::gen::inRange(-3, 4)));
}

/// A resource as it is stored, or was: what a deletion leaves is its version.
struct Held {
  int version = 0;
  bool is_live = false;
  int identifier = 0, value = 0;
  std::string refers = {};
  bool operator==(const Held&) const = default;
};
using State = std::map<std::string, Held>;  ///< by id

std::vector<std::string> meeting(const State& state, int identifier) {
  std::vector<std::string> out;
  for (const auto& [id, held] : state)
    if (held.is_live && held.identifier == identifier) out.push_back(id);
  return out;
}

/// What becomes of the state; the ids of what is new are "new 3", by their entry.
class Model {
 public:
  Model(State state, const Bundle& bundle, std::string name)
      : state_(std::move(state)),
        bundle_(bundle),
        name_(std::move(name)),
        targets_(bundle.size()),
        exists_(bundle.size()) {}

  std::optional<State> run() {
    if (!identify() || !remove_all() || !identify_creates() || overlaps()) return std::nullopt;
    for (const bool creates : {true, false})
      for (std::size_t i = 0; i < bundle_.size(); ++i)
        if (bundle_[i].writes_one() && is_create(bundle_[i]) == creates && !write(i)) return std::nullopt;
    return state_;
  }
  /// The id that an entry's resource has; empty: it has none.
  const std::string& target(std::size_t i) const { return targets_[i]; }

 private:
  static bool is_create(const Entry& entry) { return entry.kind == Kind::create || entry.kind == Kind::create_unless; }
  std::string fresh(std::size_t i) const { return "new " + std::to_string(i); }
  std::string id_of(const Entry& entry) const { return name_ + "-" + std::to_string(entry.id); }

  bool identify() {
    for (std::size_t i = 0; i < bundle_.size(); ++i) {
      const Entry& entry = bundle_[i];
      if (is_create(entry)) continue;
      if (!entry.is_conditional()) {
        targets_[i] = id_of(entry);
        continue;
      }
      const auto found = meeting(state_, entry.condition);
      if (found.size() > 1) return false;
      if (!found.empty())
        targets_[i] = found.front();
      else if (entry.kind == Kind::put_where)
        targets_[i] = fresh(i);
    }
    return true;
  }
  bool remove_all() {
    std::set<std::string> gone;
    for (std::size_t i = 0; i < bundle_.size(); ++i) {
      if (bundle_[i].writes_one() || targets_[i].empty()) continue;
      if (!gone.insert(targets_[i]).second) return false;
      if (const auto held = state_.find(targets_[i]); held != state_.end() && held->second.is_live)
        held->second = {held->second.version + 1};
    }
    return true;
  }
  bool identify_creates() {
    std::map<int, std::size_t> made;
    for (std::size_t i = 0; i < bundle_.size(); ++i) {
      const Entry& entry = bundle_[i];
      if (entry.kind == Kind::create) targets_[i] = fresh(i);
      if (entry.kind != Kind::create_unless) continue;
      const auto found = meeting(state_, entry.condition);
      if (found.size() > 1) return false;
      exists_[i] = !found.empty();
      targets_[i] = found.empty() ? fresh(i) : found.front();
      if (!found.empty()) continue;
      const auto [first, is_new] = made.try_emplace(entry.condition, i);
      if (is_new) continue;
      const Entry& other = bundle_[first->second];
      if (other.identifier != entry.identifier || other.value != entry.value || other.refers != entry.refers)
        return false;
      exists_[i] = true, targets_[i] = targets_[first->second];
    }
    return true;
  }
  bool overlaps() const {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < bundle_.size(); ++i)
      if (!exists_[i] && !targets_[i].empty() && !seen.insert(targets_[i]).second) return true;
    return false;
  }
  bool write(std::size_t i) {
    const Entry& entry = bundle_[i];
    if (exists_[i]) return true;
    Held& held = state_[targets_[i]];
    if (entry.kind == Kind::put_if_match && (!held.is_live || held.version != entry.version)) return false;
    const std::string to = entry.refers < 0 ? "" : targets_[static_cast<std::size_t>(entry.refers)];
    held = {held.version + 1, true, entry.identifier, entry.value, to.empty() ? "" : "Basic/" + to};
    return true;
  }

  State state_;
  const Bundle& bundle_;
  std::string name_;
  std::vector<std::string> targets_;
  std::vector<bool> exists_;
};

/// References lead to entries that have a resource and stand elsewhere.
void tidy(Bundle& bundle) {
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const auto to = static_cast<std::size_t>(bundle[i].refers);
    if (bundle[i].refers >= 0 && (to >= bundle.size() || to == i || !bundle[to].writes_one())) bundle[i].refers = -1;
  }
}

/// Whether a condition asks for what another entry writes, overwrites or deletes.
bool is_ambiguous(const State& before, const Bundle& bundle, const std::string& name) {
  for (std::size_t i = 0; i < bundle.size(); ++i)
    for (std::size_t j = 0; j < bundle.size(); ++j) {
      if (i == j || !bundle[i].is_conditional()) continue;
      const int asked = bundle[i].condition;
      if (bundle[j].writes_one() && bundle[j].identifier == asked) return true;
      if (bundle[j].is_conditional() && bundle[j].condition == asked) return true;
      if (const auto held = before.find(name + "-" + std::to_string(bundle[j].id));
          held != before.end() && held->second.is_live && held->second.identifier == asked)
        return true;
      if (bundle[j].is_conditional())
        for (const auto& id : meeting(before, bundle[j].condition))
          if (before.at(id).identifier == asked) return true;
    }
  return false;
}

std::string identifier_of(const std::string& name, int number) {
  return R"({"system":"urn:)" + name + R"(","value":"i)" + std::to_string(number) + "\"}";
}

std::string json_of(const Bundle& bundle, const std::string& name) {
  std::string out = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  const auto urn = [&](std::size_t i) {
    return "urn:uuid:" + name + "-0000-4000-8000-00000000000" + std::to_string(i);
  };
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const Entry& entry = bundle[i];
    const std::string condition = "identifier=urn:" + name + "|i" + std::to_string(entry.condition);
    const bool by_id = entry.kind <= Kind::remove;
    out += (i == 0 ? "" : ",") + std::string("{");
    if (entry.writes_one()) {
      out += R"("fullUrl":")" + urn(i) + R"(","resource":{"resourceType":"Basic",)";
      if (by_id) out += R"("id":")" + name + "-" + std::to_string(entry.id) + "\",";
      out += R"("identifier":[)" + identifier_of(name, entry.identifier) + R"(],"code":{"coding":[{"system":"urn:)" +
             name + R"(","code":"v)" + std::to_string(entry.value) + "\"}]}";
      if (entry.refers >= 0)
        out += R"(,"subject":{"reference":")" + urn(static_cast<std::size_t>(entry.refers)) + "\"}";
      out += "},";
    }
    const char* method = !entry.writes_one()                                               ? "DELETE"
                         : entry.kind == Kind::create || entry.kind == Kind::create_unless ? "POST"
                                                                                           : "PUT";
    out += R"("request":{"method":")" + std::string(method) + R"(","url":"Basic)";
    if (by_id) out += "/" + name + "-" + std::to_string(entry.id);
    if (entry.kind == Kind::put_where || entry.kind == Kind::remove_where) out += "?" + condition;
    out += "\"";
    if (entry.kind == Kind::create_unless) out += R"(,"ifNoneExist":")" + condition + "\"";
    if (entry.kind == Kind::put_if_match) out += R"(,"ifMatch":"W/\")" + std::to_string(entry.version) + R"(\"")";
    out += "}}";
  }
  return out + "]}";
}

/// What is live, as the server tells it.
State told(const World& world, const std::string& name) {
  const Answer answer = world.get("/fhir/Basic?_count=1000&code=urn:" + name + "%7C");
  State out;
  for (std::size_t i = 0; i < size_at(answer.body, "entry"); ++i) {
    const std::string at = "entry[" + std::to_string(i) + "].resource.";
    const auto number = [&](const std::string& path) { return std::stoi(text_at(answer.body, at + path).substr(1)); };
    out[text_at(answer.body, at + "id")] = {std::stoi(text_at(answer.body, at + "meta.versionId")), true,
                                            number("identifier[0].value"), number("code.coding[0].code"),
                                            text_at(answer.body, at + "subject.reference")};
  }
  return out;
}

State live_of(const State& state) {
  State out;
  for (const auto& [id, held] : state)
    if (held.is_live) out.emplace(id, held);
  return out;
}

/// The model's state with the ids that the server gave.
State renamed(const State& state, const Model& model, std::size_t entries, const std::string& answer) {
  std::map<std::string, std::string> given;
  for (std::size_t i = 0; i < entries; ++i) {
    if (!model.target(i).starts_with("new ")) continue;
    const std::string location = text_at(answer, "entry[" + std::to_string(i) + "].response.location");
    const std::size_t begin = location.find("Basic/") + 6;
    given[model.target(i)] = location.substr(begin, location.find('/', begin) - begin);
  }
  State out;
  for (auto [id, held] : state) {
    if (held.refers.starts_with("Basic/new ")) held.refers = "Basic/" + given[held.refers.substr(6)];
    out[id.starts_with("new ") ? given[id] : id] = held;
  }
  return out;
}

TEST(TransactionModel, does_what_one_by_one_would_do_or_nothing) {
  World world;
  int run = 0, done = 0, refused = 0;
  const bool holds = rc::check([&] {
    auto bundles =
        *rc::gen::resize(6, rc::gen::container<std::vector<Bundle>>(rc::gen::container<Bundle>(any_entry())));
    const std::string name = "a" + std::to_string(1000000 + ++run);
    State state;
    for (Bundle& bundle : bundles) {
      if (bundle.empty()) continue;
      if (bundle.size() > 8) bundle.resize(8);
      tidy(bundle);
      Model model(state, bundle, name);
      const auto expected = model.run();
      const Answer answer = world.post("/fhir", json_of(bundle, name));
      RC_LOG() << json_of(bundle, name) << "\n" << answer.status << " " << answer.body << "\n";
      const bool went = answer.status == 200;
      if (!went) {
        ++refused;
        RC_ASSERT(answer.status >= 400 && answer.status < 500);
        RC_ASSERT(!expected || is_ambiguous(state, bundle, name));
      } else {
        ++done;
        RC_ASSERT(expected.has_value());
        state = renamed(*expected, model, bundle.size(), answer.body);
      }
      RC_ASSERT(told(world, name) == live_of(state));
    }
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(done, 20);  // any seed draws 50 to 85, and some 200
  EXPECT_GT(refused, 20);
}

}  // namespace
}  // namespace varde::test
