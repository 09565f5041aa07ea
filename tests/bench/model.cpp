// fhir-model on one core, beside floors of the same run: the readers and the writer of the libraries that the codecs
// stand on, with handlers that do nothing. Prints "value|unit|floor|target|name" lines: bench_model tests/bench/shapes
#include <malloc.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <new>
#include <string>
#include <vector>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "fhir-model/fhirpath/path.h"
#include "fhir-model/json/json.h"
#include "fhir-model/profile/check.h"
#include "fhir-model/profile/tables.h"
#include "fhir-model/terminology/tables.h"
#include "fhir-model/validation/validation.h"
#include "fhir-model/xml/xml.h"

namespace {
std::size_t held = 0;  // bytes that the heap holds for us
}

void* operator new(std::size_t size) {
  void* got = std::malloc(size);
  if (got == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(got);
  return got;
}
void operator delete(void* given) noexcept {
  held -= malloc_usable_size(given);
  std::free(given);
}
void operator delete(void* given, std::size_t) noexcept { operator delete(given); }

namespace {

namespace rj = rapidjson;
namespace xc = xercesc;
using namespace varde::fhir;

double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Once>
double runs_per_second(const Once& once) {
  long count = 0;
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  double seconds = 0;
  for (long step = 1; seconds < 0.05; step *= 2) {
    for (long i = 0; i < step; ++i) once();
    count += step;
    seconds = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  return static_cast<double>(count) / seconds;
}

struct Beside {
  double value = 0, floor = 0;
};

/// The best of several turns each, taken in turns, so that a busy machine hurts both alike.
template <class Ours, class Floor>
Beside compare(const Ours& ours, const Floor& floor) {
  Beside best;
  for (int turn = 0; turn < 7; ++turn) {
    best.floor = std::max(best.floor, runs_per_second(floor));
    best.value = std::max(best.value, runs_per_second(ours));
  }
  return best;
}

template <class Ours>
double best_of(const Ours& ours) {
  return compare(ours, [] {}).value;
}

void print(double value, const char* unit, double floor, const char* target, const std::string& name) {
  std::printf("%.3f|%s|%.3f|%s|%s\n", value, unit, floor, target, name.c_str());
  std::fflush(stdout);
}

[[noreturn]] void broken(const std::string& what) {
  std::fprintf(stderr, "bench_model: %s\n", what.c_str());
  std::exit(1);
}

Tree read(std::string_view text) {
  auto tree = parse_json(text);
  if (!tree) broken(tree.error().diagnostics);
  return std::move(*tree);
}

std::string file(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  if (!in) broken("cannot read " + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

// --- floors --------------------------------------------------------------------------------------------------------

struct Nothing : rj::BaseReaderHandler<rj::UTF8<>, Nothing> {
  bool RawNumber(const char*, rj::SizeType, bool) { return true; }
};

void sax(const std::string& text) {
  rj::StringStream stream(text.c_str());
  Nothing nothing;
  rj::Reader reader;
  if (reader.Parse<rj::kParseNumbersAsStringsFlag>(stream, nothing).IsError()) broken("RapidJSON refuses a shape");
}

/// What a Writer was told, to be told again.
struct Events {
  enum class Kind { key, string, number, boolean, null, begin_object, end_object, begin_array, end_array };
  struct Event {
    Kind kind;
    std::string text = {};
  };
  std::vector<Event> list = {};

  bool add(Kind kind, std::string text = {}) {
    list.push_back({kind, std::move(text)});
    return true;
  }
  bool Null() { return add(Kind::null); }
  bool Bool(bool value) { return add(Kind::boolean, value ? "true" : ""); }
  bool RawNumber(const char* text, rj::SizeType size, bool) { return add(Kind::number, {text, size}); }
  bool String(const char* text, rj::SizeType size, bool) { return add(Kind::string, {text, size}); }
  bool Key(const char* text, rj::SizeType size, bool) { return add(Kind::key, {text, size}); }
  bool StartObject() { return add(Kind::begin_object); }
  bool EndObject(rj::SizeType) { return add(Kind::end_object); }
  bool StartArray() { return add(Kind::begin_array); }
  bool EndArray(rj::SizeType) { return add(Kind::end_array); }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  void write(rj::StringBuffer& out) const {
    rj::Writer<rj::StringBuffer> writer(out);
    for (const Event& event : list) {
      const auto size = static_cast<rj::SizeType>(event.text.size());
      switch (event.kind) {
        case Kind::key: writer.Key(event.text.data(), size); break;
        case Kind::string: writer.String(event.text.data(), size); break;
        case Kind::number: writer.RawValue(event.text.data(), size, rj::kNumberType); break;
        case Kind::boolean: writer.Bool(size > 0); break;
        case Kind::null: writer.Null(); break;
        case Kind::begin_object: writer.StartObject(); break;
        case Kind::end_object: writer.EndObject(); break;
        case Kind::begin_array: writer.StartArray(); break;
        case Kind::end_array: writer.EndArray(); break;
      }
    }
  }
};

xc::SAX2XMLReaderImpl& bare_reader() {
  static xc::SAX2XMLReaderImpl reader;
  static xc::DefaultHandler nothing;
  reader.setFeature(xc::XMLUni::fgSAX2CoreValidation, false);
  reader.setFeature(xc::XMLUni::fgXercesSchema, false);
  reader.setFeature(xc::XMLUni::fgXercesLoadExternalDTD, false);
  reader.setFeature(xc::XMLUni::fgXercesDisableDefaultEntityResolution, true);
  reader.setFeature(xc::XMLUni::fgSAX2CoreNameSpaces, true);
  reader.setFeature(xc::XMLUni::fgSAX2CoreNameSpacePrefixes, true);
  reader.setContentHandler(&nothing);
  reader.setErrorHandler(&nothing);
  return reader;
}

// --- figures -------------------------------------------------------------------------------------------------------

void codecs(const std::string& name, const std::string& text) {
  const Tree tree = read(text);
  const std::string about = name + ", " + std::to_string(text.size()) + " bytes";
  const double megabytes = 1e-6 * static_cast<double>(text.size());
  const auto rate = [&](Beside pair, const char* target, const std::string& what) {
    print(megabytes * pair.value, "MB/s", megabytes * pair.floor, target, what + about);
  };
  rate(compare([&] { read(text); }, [&] { sax(text); }), ">= 0.5", "JSON to tree: ");

  Events events;
  rj::StringStream stream(text.c_str());
  if (rj::Reader().Parse<rj::kParseNumbersAsStringsFlag>(stream, events).IsError()) broken("no events");
  std::string ours;
  rj::StringBuffer theirs;
  const auto write = [&] { ours.clear(), write_json(tree.root(), ours); };
  const auto write_floor = [&] { theirs.Clear(), events.write(theirs); };
  rate(compare(write, write_floor), ">= 0.7", "tree to JSON: ");
  if (ours != std::string_view(theirs.GetString(), theirs.GetSize())) broken("the writers differ on " + name);

  const std::string xml = to_xml(tree.root());
  const xc::MemBufInputSource source(reinterpret_cast<const XMLByte*>(xml.data()), xml.size(), u"shape");
  const auto from_xml = [&] {
    if (!parse_xml(xml)) broken("XML of a shape does not parse");
  };
  rate(compare(from_xml, [&] { bare_reader().parse(source); }), ">= 0.5", "XML to tree: ");

  const std::size_t before = held;
  const Tree again = read(text);
  print(static_cast<double>(held - before) / static_cast<double>(text.size()), "x its text", 0, "<= 6",
        "memory of a tree: " + about);
}

std::string bundle_of(const std::string& resource, int count) {
  std::string text = R"({"resourceType":"Bundle","type":"collection","entry":[)";
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : ",") + (R"({"fullUrl":"https://varde.example/fhir/Observation/)" + std::to_string(i)) +
            R"(","resource":)" + resource + "}";
  return text + "]}";
}

double resident_megabytes() {
  std::ifstream in("/proc/self/statm");
  double whole = 0, resident = 0;
  in >> whole >> resident;
  return resident * 4096e-6;
}

/// Reads every row, so that all pages of the tables are in memory.
std::size_t touch_definitions() {
  std::size_t sum = 0;
  const auto touch = [&](std::string_view text) { sum += text.empty() ? 0 : static_cast<std::size_t>(text.front()); };
  for (const ElementRow& row : elements()) touch(row.name), touch(row.choice);
  for (const TypeRow& row : types()) touch(row.name);
  for (const SearchParameterRow& row : search_parameters()) touch(row.code), touch(row.expression), touch(row.targets);
  for (const ConstraintRow& row : constraints()) touch(row.key), touch(row.expression), touch(row.human);
  for (std::size_t i = 0; i < tables::kStandardProfileCount; ++i)
    for (const char c : tables::kStandardProfiles[i].outline) sum += static_cast<std::size_t>(c);
  namespace codes = varde::terminology::tables;
  for (std::size_t i = 0; i < codes::kConceptCount; ++i) sum += codes::kConcepts[i].system + codes::kConceptsByCode[i];
  for (std::size_t i = 0; i < codes::kSetCount; ++i) sum += codes::kSets[i].url;
  for (std::size_t i = 0; i < codes::kTextStarts[codes::kSets[0].url]; ++i)
    sum += static_cast<std::size_t>(codes::kText[i]);
  return sum;
}

void definitions() {
  const Tree first = read(R"({"resourceType":"Observation","status":"final","code":{"text":"x"}})");
  if (!validate(first.root()).empty()) broken("the first resource is not valid");
  print(1000 * cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), "ms", 0, "<= 100",
        "definitions: from the process's start to the first valid resource");
  if (touch_definitions() == 0) broken("no definitions");
  print(resident_megabytes(), "MB", 0, "<= 30", "definitions: memory of the process with all of them read");
}

/// As the national exchange's profiles are: upon one of R4's vital signs, with codes of two systems told apart.
void profiles(const std::string& folder) {
  Profiles known;
  if (!known.add(read(file(folder + "weight-profile.json")))) broken("the profile cannot be used");
  const Tree tree = read(file(folder + "weight.json"));
  const Asked asked{.profiles = {"https://varde.example/fhir/StructureDefinition/weight"}};
  if (!validate(tree.root(), known, asked).empty()) broken("the weight does not meet its profile");
  print(best_of([&] { validate(tree.root(), known, asked); }), "runs/s", 0, ">= 15000",
        "validation with a profile: weight");
}

}  // namespace

int main(int, char** arguments) {
  definitions();
  const std::string folder = std::string(arguments[1]) + "/";
  std::string small;
  for (const std::string name : {"observation", "blood-pressure", "patient", "care-plan", "narrative"}) {
    const std::string dense = to_json(read(file(folder + name + ".json")).root());
    if (small.empty()) small = dense;
    codecs(name, dense);
  }
  codecs("Bundle of 100", bundle_of(small, 100));
  codecs("indented", to_pretty_json(read(small).root()));

  for (const std::string name : {"observation", "blood-pressure"}) {
    const Tree tree = read(file(folder + name + ".json"));
    print(best_of([&] { validate(tree.root()); }), "runs/s", 0, ">= 40000", "base validation: " + name);
  }
  profiles(folder);
  const Tree tree = read(small);
  for (const std::string_view expression :
       {"Observation.code", "(Observation.value as Quantity)", "Observation.category.coding.code",
        "Observation.subject.where(resolve() is Patient)"}) {
    const auto path = Path::compile(expression);
    if (!path) broken(path.error().diagnostics);
    std::vector<Element> found;
    print(best_of([&] { found.clear(), path->select(tree.root(), found); }), "runs/s", 0, ">= 1000000",
          "search expression: " + std::string(expression));
  }
}
