#include "shell/store/cluster_schema.h"

#include <array>

namespace muster::cluster {
namespace {

constexpr std::int64_t kApplicationId = 0x6d757363;  // "musc"

// `newest` is the incarnation that was given last, `main` and `owner` are incarnations; 0 is none.
// The numbers of `role` are those of enum Role. A lease ends at `lease_end`, microseconds since the
// system was started that calls itself `boot`; under another it has run out.
//
// Assignments are many: their key is one text, for with domain and local apart they are as large
// (100,000 of them 5 MB), and what hangs on no server any more is found by looking through them
// (15 ms), for an index by owner would double both their size and what it costs to assign a user.
constexpr std::array<const char*, kSchemaVersion> kSteps = {R"sql(
  CREATE TABLE cluster (
    newest INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    main INTEGER NOT NULL
  ) STRICT;
  INSERT INTO cluster VALUES (0, 0, 0);
  CREATE TABLE servers (
    incarnation INTEGER PRIMARY KEY,
    svr_id TEXT NOT NULL,
    link TEXT NOT NULL,
    sip TEXT,
    xmpp TEXT,
    wss TEXT,
    max_level INTEGER,
    role INTEGER NOT NULL,
    boot TEXT NOT NULL,
    lease_end INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE assignments (
    user_id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql"};

}  // namespace

sqlite::Schema cluster_schema() {
  return {kApplicationId, kSteps};
}

}  // namespace muster::cluster
