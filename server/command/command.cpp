#include "server/command/command.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>

#include <fmt/format.h>

#include "server/command/tell.h"

namespace varde::command {
namespace {

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

// clang-format off
constexpr std::array kServe{
    OptionRow{"--listen", "HOST:PORT", "address to listen on (127.0.0.1:8080); port 0 takes a free one"},
    OptionRow{"--data",   "DIR",       "where everything is kept (./data); made when absent"},
    OptionRow{"--demo",   "",          "load three fictitious patients, if DIR is new"},
    OptionRow{"--empty",  "",          "without them, whatever --demo says (what `varde serve` does on its own)"},
    OptionRow{"--config", "FILE",      "settings (DIR/varde.conf when it exists); see `varde config check --help`"},
    OptionRow{"--access", "HOW",       "open (the default; this machine alone), oauth, demo-login (fictitious users), or open-to-everybody"},
    OptionRow{"--accept-loss", "",     "start although the log is damaged: what was written after the damage is lost"},
};
constexpr std::array kBackup{
    OptionRow{"--data",   "DIR",  "what to copy (./data); the server may be running"},
    OptionRow{"--config", "FILE", "settings that name it"},
};
constexpr std::array kRestore{
    OptionRow{"--data",    "DIR",  "where to (./data); made when absent, the server must not be running"},
    OptionRow{"--config",  "FILE", "settings that name it"},
    OptionRow{"--replace", "",     "also when DIR holds a store: it is kept beside as varde.db.before-restore"},
};
constexpr std::array kImport{
    OptionRow{"--data",   "DIR",  "the store (./data); made when absent, the server must not be running"},
    OptionRow{"--config", "FILE", "settings that name it"},
    OptionRow{"--errors", "FILE", "lines that are refused (./import-errors.ndjson), each with its OperationOutcome"},
    OptionRow{"--again",  "",     "also files that were imported before"},
};
constexpr std::array kImportBenefits{
    OptionRow{"--data",   "DIR",  "the store (./data); the server must not be running"},
    OptionRow{"--config", "FILE", "settings that name it"},
};
constexpr std::array kExport{
    OptionRow{"--data",   "DIR",  "what to read (./data); the server may be running"},
    OptionRow{"--config", "FILE", "settings that name it"},
    OptionRow{"--types",  "LIST", "these types alone: Patient,Observation"},
};
constexpr std::array kDemo{
    OptionRow{"--keep", "", "leave the temporary directory for a look afterwards"},
};
constexpr std::array kConvert{
    OptionRow{"--to", "xml|json", "the form to write"},
};
constexpr std::array kFhirpath{
    OptionRow{"--jsonl", "", "answer lines of JSON from standard input: {\"resource\":…,\"expression\":\"…\"}"},
};
constexpr std::array kValidate{
    OptionRow{"--profile", "URL", "hold the resources to this profile, besides those that they claim"},
    OptionRow{"--definitions", "DIR", "folder of profiles, value sets and code systems, JSON or XML"},
    OptionRow{"--errors-only", "", "show what a server would refuse, no warnings and no advice"},
};
constexpr std::array kUcum{
    OptionRow{"--jsonl", "", "answer lines of JSON from standard input: {\"unit\":\"…\"}, with \"value\" and \"to\" as wanted"},
};
constexpr std::array kConfig{
    OptionRow{"--config", "FILE", "the file to check"},
    OptionRow{"--data",   "DIR",  "as for serve"},
};

constexpr std::array kErase{
    OptionRow{"--config",  "FILE", "as for serve"},
    OptionRow{"--data",    "DIR",  "as for serve"},
    OptionRow{"--reason",  "TEXT", "why: it stands in the receipt and in the audit log"},
    OptionRow{"--dry-run", "",     "say what would be erased, and change nothing"},
};

constexpr std::array kRetention{
    OptionRow{"--config", "FILE", "as for serve"},
    OptionRow{"--data",   "DIR",  "as for serve"},
    OptionRow{"--apply",  "",     "take it out; without this it is said what would go, and nothing is changed"},
};

constexpr std::array kCommands{
    Command{"serve", "", 0, 0, "start the FHIR server and the message gateway",
            "FHIR base at /fhir, messages at POST /message and in DIR/messages/inbound and outbound.\n"
            "SIGTERM and SIGINT stop it after the requests under way.", kServe, serve},
    Command{"backup", "FILE|DIR", 1, 1, "copy the store into one file, while the server runs",
            "One consistent moment, checked page by page before it takes its name; a folder gets varde-TIME.db.\n"
            "Settings and the folders of messages are files of their own: keep them with the backup.", kBackup, backup},
    Command{"restore", "FILE", 1, 1, "make the store of a backup",
            "The backup is checked first; a kill at any moment leaves the old store or the new one, whole. Messages that\n"
            "were sent after the backup was made may be sent again, under the same MsgId.", kRestore, restore},
    Command{"import", "DIR|FILE…", 1, kAny, "store resources from NDJSON, JSON or XML files, packed by gzip or not",
            "As if they came by HTTP: checked, judged, indexed. A folder is taken in an order in which those who are\n"
            "pointed to come first. After a kill the same command goes on where it was. Exit status 1 when lines were\n"
            "refused.", kImport, import},
    Command{"import-benefits", "FILE", 1, 1, "store home care and stays from a CSV table, for the benefit report",
            "Columns pasient, type, fra, til, minutter, besøk; the server is stopped, or use $import-benefits.\n"
            "Wrong lines are told by number, and nothing is stored. Exit status 1 then.", kImportBenefits, import_benefits},
    Command{"export", "DIR", 1, 1, "write every resource as NDJSON, a file a type, while the server runs",
            "One moment of the store. The folder must not hold such files yet.", kExport, export_store},
    Command{"demo", "", 0, 0, "play the whole story on a server of its own and show each step",
            "Own temporary directory and port. Exit status 0 only when every step held.", kDemo, demo},
    Command{"validate", "FILE…", 1, kAny, "check FHIR resources (JSON or XML) against the rules of R4",
            "One line per problem: file, place, what is wrong, warnings too. `-` reads standard input.\n"
            "Exit status 1 when a file has errors; warnings alone leave it at 0.", kValidate, validate},
    Command{"convert", "FILE", 1, 1, "write a FHIR resource as XML or JSON",
            "Text and decimals are kept to the letter. `-` reads standard input.", kConvert, convert},
    Command{"fhirpath", "EXPR FILE", 0, 2, "evaluate FHIRPath on a resource (JSON or XML)",
            "A line per item: its type and value. With --jsonl: a line {\"result\":[{\"type\":…,\"value\":…}]} or\n"
            "{\"error\":…} for each line read, in order; \"resource\" is a resource or a file's path.", kFhirpath, fhirpath},
    Command{"ucum", "UNIT", 0, 1, "check a unit of measure and show its canonical form",
            "With --jsonl, a line for each line read, in order:\n"
            "  {\"unit\":\"mm[Hg]\"}                          {\"valid\":true,\"canonical\":{\"value\":133322,\"unit\":\"g.m-1.s-2\"}}\n"
            "  {\"value\":120,\"unit\":\"mm[Hg]\",\"to\":\"kPa\"}   {\"value\":15.99864,\"unit\":\"kPa\"}\n"
            "  {\"unit\":\"mmHg\"}                            {\"valid\":false,\"error\":\"…\"}", kUcum, ucum},
    Command{"message check", "FILE…", 1, kAny, "check national messages: a JSON line per file",
            "Type, version, well-formed, schema-valid, and the AppRec that would answer.", {}, message_check},
    Command{"message to-fhir", "FILE", 1, 1, "show a national message as a FHIR Bundle", "", {}, message_to_fhir},
    Command{"message from-fhir", "FILE", 1, 1, "write a national message from a FHIR Bundle",
            "The shape per message type: mappings/README.md.", {}, message_from_fhir},
    Command{"config check", "", 0, 0, "check the settings and show those in force", "", kConfig, config_check},
    Command{"audit verify", "", 0, 0, "check that the audit log is as it was written",
            "The server must not be running; a backup, restored elsewhere, can be checked while it is. Keep the hash that is\n"
            "printed: a later log that does not hold it at its place was cut.", kConfig, audit_verify},
    Command{"erase", "PATIENT-ID", 1, 1, "take one person's data out of the store for good, older versions too",
            "The server must not be running. Prints a receipt: what was erased, by type, and how many others still refer to\n"
            "the patient. The audit log stays, and says that it was done, and why. Copies in the message folder go, too;\n"
            "backups are not reached. Whether health records may be erased is for the law to say: the journal and archive\n"
            "acts mostly demand that they are kept.",
            kErase, erase},
    Command{"spread", "", 0, 0, "spread the tables of a PostgreSQL with Citus over its nodes, by patient",
            "No server may be running on it. Done once, and again after an upgrade that brings new tables; what is spread\n"
            "already stays as it is. docs/postgresql.md says what goes where.", kConfig, spread},
    Command{"retention", "", 0, 0, "take out for good what is older than the setting retention keeps it, older versions too",
            "The server must not be running. A record goes by its last entry, after ten years at the earliest, and never\n"
            "while the patient is followed up. Without --apply it says what would go. Prints a receipt; the audit log stays,\n"
            "and says what went, of whom and by which rule. Interrupted, it goes on the next time.", kRetention, retention},
    Command{"roles", "", 0, 0, "print who may do what, as a page", "", {}, roles},
    Command{"version", "", 0, 0, "print the version", "", {}, version},
};
// clang-format on

std::string overview() {
  std::string text =
      "varde — HL7 FHIR R4 server and gateway to the Norwegian health messages\n\nusage: varde COMMAND [options]\n\n";
  for (const auto& command : kCommands)
    text += fmt::format("  {:<26} {}\n", fmt::format("{} {}", command.name, command.words), command.summary);
  return text + "\n`varde COMMAND --help` tells more. Exit status: 0 ok, 1 found problems, 2 wrong use.\n";
}

void print_help(const Command& command) {
  fmt::print("usage: varde {}{}{}{}\n\n{}\n", command.name, command.options.empty() ? "" : " [options]",
             command.words.empty() ? "" : " ", command.words, command.summary);
  if (!command.details.empty()) fmt::print("\n{}\n", command.details);
  if (!command.options.empty()) fmt::print("\n");
  for (const auto& option : command.options)
    fmt::print("  {:<20} {}\n", fmt::format("{} {}", option.name, option.value), option.help);
}

int wrong_use(std::string_view what, const Command* command) {
  tell("varde: {}\n", what);
  tell("Try `varde {}{}--help`.\n", command ? command->name : "", command ? " " : "");
  return kWrongUse;
}

/// The longest name wins: "message check" before a command "message", if there ever is one.
const Command* find(std::span<const std::string> words, std::size_t& used) {
  for (used = std::min<std::size_t>(2, words.size()); used > 0; --used) {
    std::string name = words[0];
    if (used == 2) name += " " + words[1];
    for (const auto& command : kCommands)
      if (command.name == name) return &command;
  }
  return nullptr;
}

/// Commands that begin with this word, for "varde message".
std::string continuations(std::string_view word) {
  std::string names;
  for (const auto& command : kCommands)
    if (command.name.starts_with(word) && command.name.substr(word.size()).starts_with(" "))
      names += (names.empty() ? "" : ", ") + std::string(command.name);
  return names;
}

}  // namespace

std::optional<std::string> Arguments::get(std::string_view name) const {
  const auto found = options.find(name);
  if (found == options.end()) return std::nullopt;
  return found->second;
}

Result<Arguments> parse(std::span<const std::string> words, std::span<const OptionRow> options) {
  Arguments arguments;
  bool options_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (options_ended || !word.starts_with("-") || word == "-") {
      arguments.words.emplace_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto option = std::find_if(options.begin(), options.end(), [&](const auto& row) { return row.name == name; });
    if (option == options.end()) return fail(Fault::parameter_unknown, fmt::format("unknown option {}", name));
    if (arguments.has(name)) return fail(Fault::parameter_malformed, fmt::format("{} is given twice", name));
    std::string value;
    if (option->value.empty()) {
      if (equals != word.npos) return fail(Fault::parameter_malformed, fmt::format("{} takes no value", name));
    } else if (equals != word.npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return fail(Fault::parameter_malformed, fmt::format("{} needs {}", name, option->value));
    }
    arguments.options.emplace(name, std::move(value));
  }
  return arguments;
}

std::span<const Command> commands() { return kCommands; }

namespace {

int obey(std::span<const std::string> words) {
  const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (words.empty()) return tell("{}", overview()), kWrongUse;
  if (asks_help(words[0]) || words[0] == "help") return fmt::print("{}", overview()), kOk;
  if (words[0] == "--version") return version({});
  std::size_t used = 0;
  const Command* command = find(words, used);
  if (command == nullptr) {
    const auto names = continuations(words[0]);
    if (names.empty()) return wrong_use(fmt::format("there is no command '{}'", words[0]), nullptr);
    const bool help = words.size() > 1 && asks_help(words[1]);
    const auto line = fmt::format("varde {}: one of {}\n", words[0], names);
    if (help) return fmt::print("{}", line), kOk;
    return tell("{}", line), kWrongUse;
  }
  const auto rest = words.subspan(used);
  const auto end = std::find(rest.begin(), rest.end(), "--");
  if (std::any_of(rest.begin(), end, asks_help)) return print_help(*command), kOk;
  const auto arguments = parse(rest, command->options);
  if (!arguments) return wrong_use(arguments.error().diagnostics, command);
  if (arguments->words.size() < command->least_words)
    return wrong_use(fmt::format("{} needs {}", command->name, command->words), command);
  if (arguments->words.size() > command->most_words)
    return wrong_use(
        fmt::format("{} does not know what to do with '{}'", command->name, arguments->words[command->most_words]),
        command);
  try {
    return command->run(*arguments);
  } catch (const std::exception& error) {
    tell("varde {}: {}\n", command->name, error.what());
    return kProblems;
  }
}

}  // namespace

/// What could not be written was not done, whatever the command made of it.
int run(std::span<const std::string> words) {
  const int status = obey(words);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  tell("varde: the output could not be written: {}\n", std::strerror(errno));
  return kProblems;
}

}  // namespace varde::command
