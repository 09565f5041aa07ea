#pragma once
/// @file server/storage/prepared.h
/// The statements that one connection keeps prepared: fixed texts by their address, as long as it lives; texts built at
/// run time by their content, the least recently used dropped first. `S` is an engine's statement, with `busy()`.
/// Faults: none; one that is already running may not be asked for again (std::logic_error).
#include <list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/storage/sql.h"

namespace varde::storage {

template <class S>
class Prepared {
 public:
  static constexpr std::size_t kMostBuilt = 256;

  /// `make` gives the statement of a text.
  template <class Make>
  S& find(const sql::Query& query, Make&& make) {
    return find(query.text, std::forward<Make>(make));
  }
  /// `text` lives as long as the program.
  template <class Make>
  S& find(const char* text, Make&& make) {
    auto found = fixed_.find(text);
    if (found == fixed_.end()) found = fixed_.emplace(text, make(std::string_view(text))).first;
    return idle(found->second);
  }
  /// `drop` is told of the one that goes.
  template <class Make, class Drop>
  S& find(std::string_view text, Make&& make, Drop&& drop) {
    if (const auto found = built_by_text_.find(text); found != built_by_text_.end()) {
      built_.splice(built_.begin(), built_, found->second);
      return idle(built_.front().statement);
    }
    if (built_.size() >= kMostBuilt && !built_.back().statement.busy()) {
      drop(built_.back().statement);
      built_by_text_.erase(built_.back().text);
      built_.pop_back();
    }
    built_.push_front({std::string(text), make(text)});
    built_by_text_.emplace(built_.front().text, built_.begin());
    return built_.front().statement;
  }

 private:
  struct Built {
    std::string text;
    S statement;
  };
  static S& idle(S& statement) {
    if (statement.busy()) throw std::logic_error("a statement was asked for again while its rows are being read");
    return statement;
  }

  std::unordered_map<const char*, S> fixed_;
  std::list<Built> built_;  ///< most recently used first
  std::unordered_map<std::string_view, typename std::list<Built>::iterator> built_by_text_;
};

}  // namespace varde::storage
