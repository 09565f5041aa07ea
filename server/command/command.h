#pragma once
/// @file server/command/command.h
/// A sub-command of `varde` as a row: the help is printed from the same tables that are obeyed.
/// Exit status: 0 ok, 1 found problems, 2 wrong use.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"

namespace varde::command {

inline constexpr int kOk = 0, kProblems = 1, kWrongUse = 2;

struct OptionRow {
  std::string_view name;   ///< "--listen"
  std::string_view value;  ///< "HOST:PORT"; empty for a switch
  std::string_view help;
};

struct Arguments {
  std::map<std::string, std::string, std::less<>> options;  ///< by name; a switch has an empty value
  std::vector<std::string> words;                           ///< what is not an option
  bool has(std::string_view name) const { return options.contains(name); }
  std::optional<std::string> get(std::string_view name) const;
};

struct Command {
  std::string_view name;   ///< "message check"
  std::string_view words;  ///< "FILE…" as the help shows them
  std::size_t least_words, most_words;
  std::string_view summary;  ///< one line
  std::string_view details;  ///< paragraphs of the command's own help
  std::span<const OptionRow> options;
  int (*run)(const Arguments&);
};

/// `--name value`, `--name=value`, switches; `--` ends the options, `-` is a word (standard input).
/// Faults: parameter_unknown, parameter_malformed.
Result<Arguments> parse(std::span<const std::string> words, std::span<const OptionRow> options);

std::span<const Command> commands();
/// The whole program: argv without the program's name.
int run(std::span<const std::string> words);

int serve(const Arguments&);
int demo(const Arguments&);
int backup(const Arguments&);
int restore(const Arguments&);
int import(const Arguments&);
int import_benefits(const Arguments&);
int export_store(const Arguments&);
int validate(const Arguments&);
int convert(const Arguments&);
int fhirpath(const Arguments&);
int ucum(const Arguments&);
int message_check(const Arguments&);
int message_to_fhir(const Arguments&);
int message_from_fhir(const Arguments&);
int config_check(const Arguments&);
int version(const Arguments&);
int roles(const Arguments&);
int audit_verify(const Arguments&);
int retention(const Arguments&);
int erase(const Arguments&);
int spread(const Arguments&);

}  // namespace varde::command
