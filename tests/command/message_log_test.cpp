// The message log as a page: what it finds, what it shows, and what may be done from it.
#include <gmock/gmock.h>

#include <filesystem>

#include "server/command/gateway_routes.h"
#include "server/storage/messages.h"

namespace varde::command {
namespace {

namespace fs = std::filesystem;
using interaction::Request;
using storage::InboxState;
using storage::OutboxState;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class MessageLog : public ::testing::Test {
 protected:
  ~MessageLog() override { fs::remove_all(directory); }

  static fs::path new_directory() {
    std::string name = (fs::temp_directory_path() / "varde-log-XXXXXX").string();
    return ::mkdtemp(name.data());
  }
  template <class Work>
  auto write(Work&& work) {
    using R = decltype(work(std::declval<interaction::Act&>()));
    return repository.write([&](interaction::Act& act) -> Result<R> { return work(act); }).value();
  }
  std::int64_t received(const std::string& msg_id, const std::string& her, const std::string& type, InboxState state,
                        const std::string& apprec = {}) {
    return write([&](interaction::Act& act) {
      const auto id = storage::inbox::add(act, "fra-" + her + ".xml", "<raw id='" + msg_id + "'/>");
      storage::inbox::identify(act, id, her, msg_id, type);
      storage::inbox::finish(act, id, {state, "message-" + std::to_string(id), {}, apprec, "merknad <" + her + ">"});
      return id;
    });
  }
  std::int64_t sent(const std::string& msg_id, OutboxState state) {
    return write([&](interaction::Act& act) {
      const auto id = storage::outbox::add(act, {.msg_id = msg_id, .type = "T", .receiver_her = "77", .bytes = "x"});
      if (state == OutboxState::failed) storage::outbox::mark_failed(act, id, "no way");
      if (state == OutboxState::delivered) storage::outbox::mark_answered(act, id, state, "1", "");
      return id;
    });
  }
  Result<interaction::Response> ask(const std::string& method, Request request) {
    request.method = method;
    for (const auto& route : message_log_routes(repository, {}))
      if (route.method == method) return route.handler(request);
    return fail(Fault::internal, "no route");
  }
  std::string get(interaction::Parameters query = {}) {
    Request request;
    request.query = std::move(query);
    const auto answer = ask("GET", request);
    return answer ? answer->body : std::string(row_of(answer.error().fault).name);
  }
  std::string post(const std::string& form) {
    Request request;
    request.body = form, request.content_type = "application/x-www-form-urlencoded";
    const auto answer = ask("POST", request);
    return answer ? answer->body : std::string(row_of(answer.error().fault).name);
  }
  fs::path directory = new_directory();
  storage::Database database{{.directory = (directory / "data").string()}};
  interaction::Store store{interaction::uuid_v7()};
  interaction::Repository repository{database, store, access::ourselves("test")};
};

TEST_F(MessageLog, shows_what_came_in_norwegian_words_with_the_files_name) {
  received("m-1", "81", "LOG_INNLAGT", InboxState::processed, "1");
  received("m-2", "82", "LOG_DOD", InboxState::unreadable);
  sent("m-3", OutboxState::failed);
  EXPECT_THAT(get(), AllOf(HasSubstr("behandlet"), HasSubstr("kan ikke leses"), HasSubstr("ikke sendt"),
                           HasSubstr("fra-81.xml"), HasSubstr("merknad &lt;81&gt;"), Not(HasSubstr("merknad <81>"))));
}

TEST_F(MessageLog, is_searched_by_what_an_operator_knows) {
  received("m-1", "81", "LOG_INNLAGT", InboxState::processed);
  received("m-2", "82", "LOG_DOD", InboxState::refused);
  const auto finds = [&](const std::string& form) {
    const std::string page = post(form);
    return std::string(page.find("fra-81.xml") != page.npos ? "1" : "") +
           (page.find("fra-82.xml") != page.npos ? "2" : "");
  };
  EXPECT_EQ(finds(""), "12");
  EXPECT_EQ(finds("msgid=M-2"), "2");
  EXPECT_EQ(finds("party=81"), "1");
  EXPECT_EQ(finds("type=LOG_DOD"), "2");
  EXPECT_EQ(finds("received-state=1"), "1");
  EXPECT_EQ(finds("received-state=2&party=81"), "");
  EXPECT_EQ(finds("from=2020-01-01"), "12");
  EXPECT_EQ(finds("to=2020-01-01"), "");
  EXPECT_EQ(finds("patient=nobody"), "");
  EXPECT_EQ(post("from=yesterday"), "parameter-malformed");
  EXPECT_EQ(post("colour=red"), "parameter-unknown");
}

TEST_F(MessageLog, is_searched_by_patient_without_a_number_in_an_address) {
  const auto id = received("m-1", "81", "LOG_INNLAGT", InboxState::processed);
  received("m-2", "82", "LOG_INNLAGT", InboxState::processed);
  write([&](interaction::Act& act) {
    storage::IndexRows rows;
    rows.tokens.push_back(
        {storage::parameter_key("Patient", "identifier"), "urn:oid:2.16.578.1.12.4.1.4.1", "17854849808"});
    const auto put = [&](const char* type, const std::string& name, storage::PatientKey patient, const auto& index) {
      storage::Version version{.patient = patient, .id = name, .version = 1, .updated = act.now(), .bytes = "{}"};
      version.type = fhir::find_resource_type(type);
      act.transaction().put(version, index);
    };
    put("Patient", "kari", {}, rows);
    put("Communication", "message-" + std::to_string(id), act.patient_key("kari"), storage::IndexRows{});
    return 0;
  });
  for (const char* form : {"patient=kari", "patient=17854849808"})
    EXPECT_THAT(post(form), AllOf(HasSubstr("fra-81.xml"), Not(HasSubstr("fra-82.xml")))) << form;
  EXPECT_EQ(get({{"patient", "17854849808"}}), "parameter-unknown");
}

TEST_F(MessageLog, comes_in_pages) {
  for (int i = 0; i < 150; ++i) received("m-" + std::to_string(i), "81", "T", InboxState::processed);
  const std::string first = get();
  EXPECT_THAT(first, AllOf(HasSubstr("m-149"), Not(HasSubstr("<td>m-49<")),
                           HasSubstr("name=\"received-before\" value=\"51\"")));
  EXPECT_THAT(post("received-before=51"), AllOf(HasSubstr("<td>m-49<"), HasSubstr("<td>m-0<"), Not(HasSubstr("m-50"))));
}

TEST_F(MessageLog, sends_again_what_nobody_has_answered) {
  const auto failed = sent("m-1", OutboxState::failed), answered = sent("m-2", OutboxState::delivered);
  EXPECT_THAT(post("resend=" + std::to_string(failed)), HasSubstr("sendes på nytt"));
  EXPECT_EQ(post("resend=" + std::to_string(failed)), "business-rule") << "it is queued already";
  EXPECT_EQ(post("resend=" + std::to_string(answered)), "business-rule");
  repository.read([&](const interaction::View& view) {
    EXPECT_EQ(storage::outbox::get(view, failed)->state, OutboxState::queued);
    EXPECT_EQ(storage::outbox::receivers_waiting(view, "folder", 10).size(), 1u);
    return 0;
  });
}

TEST_F(MessageLog, takes_once_more_what_had_no_effect_and_no_answer) {
  const auto unread = received("m-1", "81", "T", InboxState::unreadable);
  const auto refused = received("m-2", "82", "T", InboxState::refused, "2");
  const auto done = received("m-3", "83", "T", InboxState::processed);
  EXPECT_THAT(post("replay=" + std::to_string(unread)), HasSubstr("behandles på nytt"));
  EXPECT_EQ(post("replay=" + std::to_string(unread)), "business-rule") << "once is enough";
  EXPECT_EQ(post("replay=" + std::to_string(refused)), "business-rule") << "its sender has been told";
  EXPECT_EQ(post("replay=" + std::to_string(done)), "business-rule");
  const auto waiting = repository.read(
      [](const interaction::View& view) { return storage::inbox::in_state(view, InboxState::received, 10); });
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].bytes, "<raw id='m-1'/>");
  const auto original = write([&](interaction::Act& act) {
    return storage::inbox::identify(act, waiting[0].id, "81", "m-1", "T").has_value();
  });
  EXPECT_FALSE(original) << "it is no duplicate of the row that it came from";
}

TEST_F(MessageLog, gives_the_bytes_as_text_and_says_what_is_wrong_with_its_place) {
  const auto id = write([](interaction::Act& act) { return storage::inbox::add(act, "a.xml", "<a>\n<b></a>"); });
  Request request;
  request.query = {{"received", std::to_string(id)}};
  const auto raw = ask("GET", request);
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(raw->body, "<a>\n<b></a>");
  EXPECT_THAT(get({{"failures", std::to_string(id)}}),
              AllOf(HasSubstr("<li>Meldingen er ikke gyldig XML. Linje 2, kolonne "), HasSubstr("Line 2"),
                    HasSubstr("not-well-formed")));
  EXPECT_EQ(get({{"failures", "99"}}), "not-found");
}

TEST_F(MessageLog, tells_the_whole_story_of_a_message_with_its_xml_as_people_read_it) {
  const auto id = write([&](interaction::Act& act) {
    const auto number =
        storage::inbox::add(act, "post",
                            "<MsgHead xmlns='u'><MsgInfo><Type V='LOG_DOD'/><Note>Åse &lt;b>vil&lt;/b> &amp; kan</Note>"
                            "<Fil>" +
                                std::string(5'000, 'A') + "</Fil></MsgInfo></MsgHead>");
    storage::inbox::identify(act, number, "910100", "aa", "LOG_DOD");
    const auto communication = "message-" + std::to_string(number);
    storage::inbox::finish(act, number, {InboxState::processed, communication, {}, "1", "<i>merknad</i>"});
    auto told = fhir::Tree::of("Communication");
    told.edit().set("status", "completed");
    EXPECT_TRUE(act.create(told.edit(), communication));
    return number;
  });
  const auto page = get({{"story", "message-" + std::to_string(id)}});
  EXPECT_THAT(page, HasSubstr("behandlet"));
  EXPECT_THAT(page, HasSubstr("  &lt;<b>MsgInfo</b>&gt;\n    &lt;<b>Type</b> V=\"LOG_DOD\"/&gt;"));
  EXPECT_THAT(page, HasSubstr("Åse &lt;b&gt;vil&lt;/b&gt; &amp; kan"));
  EXPECT_THAT(page, AllOf(HasSubstr("3000 byte til"), Not(HasSubstr(std::string(3'000, 'A')))));
  EXPECT_THAT(page, AllOf(HasSubstr("&lt;i&gt;merknad"), Not(HasSubstr("<i>merknad"))));
  EXPECT_EQ(get({{"story", "nowhere"}}), "not-found");
}

TEST_F(MessageLog, finds_by_words_of_what_went_wrong) {
  received("aa", "910100", "LOG_DOD", InboxState::refused);
  received("bb", "920200", "LOG_DOD", InboxState::refused);
  const auto page = post("text=merknad+%3C920200");
  EXPECT_THAT(page, AllOf(HasSubstr("<td>bb<td>"), Not(HasSubstr("<td>aa<td>"))));
}

}  // namespace
}  // namespace varde::command
