/// transaction: all entries or none, in the order and by the rules of https://hl7.org/fhir/R4/http.html#trules
#include <algorithm>
#include <map>
#include <set>

#include "fhir-model/json/json.h"
#include "server/access/type_group.h"
#include "server/interaction/bundle_answer.h"
#include "server/interaction/condition.h"
#include "server/interaction/integrity.h"
#include "server/interaction/reach.h"

namespace varde::interaction {
namespace {

/// Conditions that wait for each other: so many times around, and no further.
constexpr std::size_t kMostRounds = 16;

/// A condition as text: the same for the same search.
std::string text_of(fhir::TypeId type, const Parameters& criteria) {
  std::string out(fhir::row_of(type).name);
  for (const auto& [name, value] : criteria) out.append("\n").append(name).append("=").append(value);
  return out;
}

Result<void> refuse_same_full_urls(const std::vector<Entry>& entries) {
  std::set<std::string_view> urls;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!entries[i].full_url.empty() && entries[i].writes() && !urls.insert(entries[i].full_url).second)
      return fail(Fault::value_malformed, "Two entries have the same fullUrl.",
                  "Bundle.entry[" + std::to_string(i) + "].fullUrl");
  return {};
}

/// One transaction on its way through the steps. Every step refuses with the entry that is to blame.
class Steps {
 public:
  Steps(std::vector<Entry>& entries, Act& act, const Dispatcher& dispatcher, const std::string& base)
      : entries_(entries), act_(act), dispatcher_(dispatcher), base_(base), answers_(entries.size()) {
    for (const Entry& entry : entries)
      if (entry.writes() && entry.doing != Doing::remove) urls_.declare(entry.full_url);
    identified_.resize(entries.size());
    done_.resize(entries.size());
  }

  Result<std::vector<EntryAnswer>> run() {
    return foresee()
        .and_then([&] { return identify_all(When::before_deletes); })
        .and_then([&] { return announce(); })
        .and_then([&] { return each(Doing::remove, [&](Entry&, std::size_t i) { return remove_one(i); }); })
        .and_then([&] { return identify_all(When::after_deletes); })
        .and_then([&] { return announce(); })
        .and_then([&] { return refuse_overlaps(); })
        .and_then([&] { return replace_all_links(); })
        .and_then([&] { return foresee(); })
        .and_then([&] { return write_all(); })
        .and_then([&] { return confirm(); })
        .and_then([&] { return each(Doing::read, [&](Entry& entry, std::size_t i) { return fetch_one(entry, i); }); })
        .map([&] { return std::move(answers_); });
  }

 private:
  enum class When : std::uint8_t { before_deletes, after_deletes };

  /// Goes through the entries that do `doing`; stops at the first that fails, and says which.
  template <class Step>
  Result<void> each(Doing doing, Step step) {
    return each([&](Entry& entry, std::size_t i) { return entry.doing == doing ? step(entry, i) : Result<void>(); });
  }
  template <class Step>
  Result<void> each(Step step) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (Result<void> done = step(entries_[i], i); !done) {
        say_entry(done.error(), i);
        return done;
      }
    return {};
  }

  /// Searched once while nothing is written: conditions repeat in large Bundles.
  FindOne finding() {
    return [this](fhir::TypeId type, const Parameters& criteria) -> Result<std::optional<std::string>> {
      std::string text = text_of(type, criteria);
      if (const auto known = found_.find(text); known != found_.end()) return known->second;
      auto found = find_one(type, criteria, base_, act_);
      if (found) found_.emplace(std::move(text), *found);
      return found;
    };
  }

  /// Who is who. Whom an update or a delete means is asked before anything is deleted, so that it cannot escape the
  /// rule that a resource appears once; a conditional create looks at what the deletes have left.
  Result<void> identify_all(When when) {
    found_.clear();
    bool waiting = true;
    for (std::size_t round = 0; waiting && round < kMostRounds; ++round) {
      bool progress = false;
      waiting = false;
      auto gone_through = each([&](Entry& entry, std::size_t i) -> Result<void> {
        const bool later = when == When::before_deletes && entry.doing == Doing::create && entry.is_conditional();
        if (identified_[i] || !entry.writes() || later) return {};
        auto known = identify(entry, act_, urls_, finding());
        FHIR_TRY(known);
        (*known ? progress : waiting) = true;
        return *known ? settle(entry, i) : Result<void>();
      });
      if (!gone_through || !progress) {
        if (gone_through) break;
        return gone_through;
      }
    }
    if (when == When::before_deletes) return {};
    return each([&](Entry& entry, std::size_t i) -> Result<void> {
      if (identified_[i] || !entry.writes()) return {};
      return fail(
          Fault::reference_unresolved,
          "The entry's condition names an entry that can only be told by a condition which waits for this one.");
    });
  }

  /// By an id that nobody has had.
  static bool is_new(const Entry& entry) {
    return entry.doing == Doing::create && !entry.exists && !entry.fixed_id && !entry.is_conditional();
  }

  /// What will be asked for one by one.
  Result<void> foresee() {
    std::vector<std::pair<fhir::TypeId, std::string>> places;
    for (const Entry& entry : entries_) {
      if (!entry.writes() || entry.request.type == fhir::TypeId::none) continue;
      if (entry.target)
        places.emplace_back(entry.request.type, *entry.target);
      else if (!entry.request.id.empty())
        places.emplace_back(entry.request.type, entry.request.id);
    }
    static_cast<const storage::Snapshot&>(act_).foresee(places);
    return {};
  }

  /// So that a reference from one entry to another leads somewhere before both are written.
  Result<void> announce() {
    auto& together = act_.state<Together>();
    for (const Entry& entry : entries_) {
      if (!entry.writes() || !entry.target || entry.request.type == fhir::TypeId::none) continue;
      auto& places = entry.doing == Doing::remove ? together.deleted : together.written;
      places.insert(std::string(fhir::row_of(entry.request.type).name) + "/" + *entry.target);
    }
    return {};
  }

  /// Two creates under one condition that nothing meets are one, when they say the same.
  Result<void> settle(Entry& entry, std::size_t i) {
    identified_[i] = true;
    if (entry.doing == Doing::create && entry.is_conditional() && !entry.exists) {
      const auto [made, first] =
          made_under_.try_emplace(std::string(fhir::row_of(entry.request.type).name) + "?" +
                                      std::string(criteria_text(entry.request.type, entry.request.if_none_exist)),
                                  i);
      if (!first) {
        const Entry& other = entries_[made->second];
        if (fhir::to_json(other.resource->root()) != fhir::to_json(entry.resource->root()))
          return fail(Fault::value_malformed,
                      "Two entries create different resources under the same ifNoneExist; only one could be made.");
        entry.target = other.target, entry.exists = true;
      }
    }
    if (!entry.target || entry.doing == Doing::remove || entry.full_url.empty()) return {};
    if (is_new(entry)) {
      urls_.lead(entry.full_url, entry.place(), 1);
      return {};
    }
    const auto current = act_.current(entry.request.type, *entry.target);
    const std::int64_t version = (current ? current->version : 0) + (entry.exists && current ? 0 : 1);
    urls_.lead(entry.full_url, entry.place(), version);
    return {};
  }

  /// "If any resource identities (including resolved identities from conditional update/delete) overlap in steps 1-3,
  /// then the transaction SHALL fail."
  Result<void> refuse_overlaps() {
    std::set<std::string> seen;
    return each([&](Entry& entry, std::size_t) -> Result<void> {
      if (!entry.writes() || entry.exists || !entry.target || seen.insert(entry.place()).second) return {};
      return fail(Fault::value_malformed, "Two entries of a transaction write the same resource.");
    });
  }

  Result<void> replace_all_links() {
    return each([&](Entry& entry, std::size_t) -> Result<void> {
      if (!entry.resource) return {};
      return replace_links(*entry.resource, entry.full_url, urls_).map([&](std::vector<std::uint32_t>&& left) {
        entry.conditional = std::move(left);
        for (const std::uint32_t node : entry.conditional)
          asked_.push_back({&entry, node, std::string(fhir::Editor(*entry.resource, node).value())});
      });
    });
  }

  Result<void> perform_one(std::size_t i) {
    done_[i] = true;
    return perform(entries_[i], act_, dispatcher_).map([&](EntryAnswer&& answer) { answers_[i] = std::move(answer); });
  }

  Result<void> remove_one(std::size_t i) {
    if (identified_[i]) return perform_one(i);
    return fail(Fault::reference_unresolved,
                "A delete's condition names an entry that can only be told when the deletes are done.");
  }

  /// What is judged by what else is stored comes after that; after both what may tell of several patients, for whom it
  /// names is told by what it refers to.
  int turn_of(const Entry& entry) const {
    if (access::tells_of_several(entry.request.type)) return 2;
    return act_.store().is_judged(entry.request.type) ? 1 : 0;
  }

  /// What has a conditional reference comes after what it may mean.
  Result<void> write_all() {
    for (const int turn : {0, 1, 2}) {
      for (const Doing doing : {Doing::create, Doing::update, Doing::patch})
        if (auto written = each(doing,
                                [&](Entry& entry, std::size_t i) {
                                  const bool now = turn_of(entry) == turn && entry.conditional.empty();
                                  return now ? perform_one(i) : Result<void>();
                                });
            !written)
          return written;
      if (auto written = write_conditional(turn); !written) return written;
    }
    FHIR_TRY(operate_all());
    return each([&](Entry& entry, std::size_t i) -> Result<void> {
      if (done_[i] || !entry.writes()) return {};
      const fhir::Editor place(*entry.resource, entry.conditional.front());
      return fail(Fault::reference_unresolved, "Nothing matches a conditional reference.", place.path());
    });
  }

  /// Operations see all that the transaction writes.
  Result<void> operate_all() {
    found_.clear();
    return each(Doing::operate, [&](Entry& entry, std::size_t i) -> Result<void> {
      if (!entry.conditional.empty()) {
        auto resolved = resolve_conditional(entry, urls_, finding());
        FHIR_TRY(resolved);
        if (!*resolved) return {};
      }
      return perform_one(i);
    });
  }

  Result<void> write_conditional(int turn) {
    bool progress = true;
    for (std::size_t round = 0; progress && round < kMostRounds; ++round) {
      progress = false;
      found_.clear();
      auto gone_through = each([&](Entry& entry, std::size_t i) -> Result<void> {
        if (done_[i] || !entry.writes() || entry.doing == Doing::operate || turn_of(entry) > turn) return {};
        auto resolved = resolve_conditional(entry, urls_, finding());
        FHIR_TRY(resolved);
        if (!*resolved) return {};
        progress = true;
        return perform_one(i);
      });
      if (!gone_through) return gone_through;
    }
    return {};
  }

  /// What conditions found, and found not, is still so now that all is written: otherwise the outcome would depend on
  /// the order of the entries.
  Result<void> confirm() {
    found_.clear();
    for (const Asked& asked : asked_)
      if (auto held = confirm(asked); !held) {
        held.error().expression = fhir::Editor(*asked.entry->resource, asked.node).path();
        say_entry(held.error(), static_cast<std::size_t>(asked.entry - entries_.data()));
        return held;
      }
    return each([&](Entry& entry, std::size_t) -> Result<void> {
      const bool made =
          (entry.doing == Doing::create || entry.doing == Doing::update) && entry.is_conditional() && !entry.exists;
      return made ? confirm_made(entry) : Result<void>();
    });
  }

  struct Asked {
    Entry* entry;
    std::uint32_t node;
    std::string text;  ///< as it was sent
  };

  Result<void> confirm(const Asked& asked) {
    auto reference = conditional_reference(asked.text);
    return replace_links(reference->type, std::move(reference->criteria), asked.entry->full_url, urls_)
        .and_then([&](std::optional<Parameters>&& criteria) { return finding()(reference->type, *criteria); })
        .and_then([&](std::optional<std::string>&& found) -> Result<void> {
          const std::string place = std::string(fhir::row_of(reference->type).name) + "/" + found.value_or("");
          if (place == fhir::Editor(*asked.entry->resource, asked.node).value()) return {};
          return fail(Fault::reference_unresolved,
                      "Which resource a conditional reference means changes by what the transaction writes.");
        });
  }

  Result<void> confirm_made(const Entry& entry) {
    const auto already = [] {
      return fail(Fault::value_malformed,
                  "Another entry of the transaction writes a resource that meets this entry's condition.");
    };
    Entry again;
    again.request = entry.request, again.doing = entry.doing, again.full_url = entry.full_url;
    if (entry.doing == Doing::update) again.resource = fhir::Tree(entry.request.type);
    auto known = identify(again, act_, urls_, finding());
    if (!known) return already();  // several
    const bool other = again.target != entry.target && found_under(again);
    return other ? Result<void>(already()) : Result<void>();
  }
  bool found_under(const Entry& again) const {
    return again.exists ||
           (again.doing == Doing::update && again.target && act_.current(again.request.type, *again.target));
  }

  Result<void> fetch_one(const Entry& entry, std::size_t i) {
    return fetch(entry, urls_, act_, dispatcher_).map([&](EntryAnswer&& answer) { answers_[i] = std::move(answer); });
  }

  std::vector<Entry>& entries_;
  Act& act_;
  const Dispatcher& dispatcher_;
  const std::string& base_;
  std::vector<EntryAnswer> answers_;
  FullUrls urls_;
  std::vector<bool> identified_, done_;
  std::map<std::string, std::size_t> made_under_;  ///< the entry that creates, by type and ifNoneExist
  std::map<std::string, std::optional<std::string>> found_;
  std::vector<Asked> asked_;
};

/// Creates and updates that name no condition; whatever else a transaction may do looks further.
storage::Reach reach_of_all(const std::vector<Entry>& entries, std::string_view base) {
  std::vector<fhir::Element> written;
  for (const Entry& entry : entries) {
    const bool plain = (entry.doing == Doing::create || entry.doing == Doing::update) && !entry.is_conditional();
    if (!plain || !entry.conditional.empty() || !entry.resource) return {};
    written.push_back(entry.resource->root());
  }
  return reach_of(written, base);
}

}  // namespace

Result<Response> transaction(const Request& request, const Dispatcher& dispatcher, std::vector<Entry> entries,
                             Attempt attempt) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].failure) {
      say_entry(*entries[i].failure, i);
      return tl::unexpected<Failure>(std::move(*entries[i].failure));
    }
  FHIR_TRY(refuse_same_full_urls(entries));
  auto reach = attempt == Attempt::first ? reach_of_all(entries, request.base) : storage::Reach{};
  auto done = dispatcher.repository_of(request).write(
      [&](Act& act) { return Steps(entries, act, dispatcher, request.base).run(); }, std::move(reach));
  FHIR_TRY(done);
  return respond(entries, *done, "transaction-response", request);
}

}  // namespace varde::interaction
