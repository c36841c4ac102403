"""Configuration files: the sample is right, and what is wrong is told with its line."""

import re

import programs
from programs import ask


class SampleTest(programs.Case):
    """config/musterd.toml, once its certificate is there."""

    def check(self, text):
        programs.make_certificate(self.folder, "example.com")
        path = self.folder / "musterd.toml"
        path.write_text(text, encoding="utf-8")
        done = ask("musterd", "run", "--config", path, "--check")
        self.assertEqual((0, f"{path}: nothing wrong\n", ""),
                         (done.returncode, done.stdout, done.stderr))

    def test_it_is_accepted(self):
        self.check(programs.SAMPLE.read_text(encoding="utf-8"))

    def test_it_is_accepted_with_every_key_in_it(self):
        text = programs.SAMPLE.read_text(encoding="utf-8")
        self.check(re.sub(r"^#(?=[a-z])", "", text, flags=re.MULTILINE))


class RefusalTest(programs.Case):
    def refused(self, text, before=""):
        """What is told of a configuration that has `text` at its end (or `before` in front)."""
        path = self.configure(text)
        path.write_text(before + path.read_text(encoding="utf-8"), encoding="utf-8")
        return self.told_of(path)

    def told_of(self, path):
        for arguments in (["--check"], []):
            done = ask("musterd", "run", "--config", path, *arguments)
            self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertFalse(self.data.exists())
        return done.stderr.replace(f"{self.folder}/", "")

    def test_an_unknown_key(self):
        self.assertEqual('musterd.toml:1:1: unknown key "thraeds"; did you mean "threads"?; '
                         "allowed are data, threads, domain, listen, store, log, policy, limits, "
                         "cluster, load\n",
                         self.refused("", before="thraeds = 2\n"))
        self.assertIn('unknown key "stanza_bytes" in [limits]; did you mean "stanza_bytes_max"?',
                      self.refused("[limits]\nstanza_bytes = 1\n"))

    def test_what_only_development_has(self):
        self.assertIn("only `musterd dev` has it", self.refused("[policy]\nauto_accounts = true\n"))

    def test_a_value_of_another_type(self):
        self.assertIn("threads: found the string '2'; allowed is a number from 0",
                      self.refused("", before='threads = "2"\n'))
        self.assertIn("log: found the integer 1; allowed is a table, [log]",
                      self.refused("", before="log = 1\n"))
        self.assertIn("limits.login_time_max: found the integer 60; allowed is a time from 1 s to "
                      "24 h with its unit", self.refused("[limits]\nlogin_time_max = 60\n"))

    def test_a_value_out_of_range(self):
        self.assertIn('stanza_bytes_max: found the string \'1 KiB\'; allowed is a size from 10000 B'
                      " to 64 MiB", self.refused('[limits]\nstanza_bytes_max = "1 KiB"\n'))
        self.assertIn('policy.watchers: found the string \'none\'; allowed is "ask", "mutual", '
                      '"allow" or "deny"', self.refused('[policy]\nwatchers = "none"\n'))

    def test_what_contradicts(self):
        self.assertIn("limits.publication_time_max (30 s) is less than limits.expires_min (1 min)",
                      self.refused('[limits]\npublication_time_max = "30 s"\n'))
        self.assertIn("sip_digest_sha256 and sip_digest_md5 are both false: no phone could log in",
                      self.refused("[policy]\nsip_digest_sha256 = false\n"
                                   "sip_digest_md5 = false\n"))

    def test_every_mistake_is_told_with_its_line(self):
        told = self.refused('[log]\nlevel = "loud"\n[policy]\nwatchers = 1\ntell = true\n')
        self.assertEqual([11, 13, 14],
                         [int(line.split(":")[1]) for line in told.splitlines()])

    def test_what_is_no_toml(self):
        self.assertRegex(self.refused("[log\n"), r"^musterd.toml:10:\d+: not TOML: ")

    def test_files(self):
        path = self.configure()
        key = self.folder / "localhost.key"
        key.chmod(0o644)
        self.assertIn("domain.key: localhost.key may be read by everybody", self.told_of(path))
        key.chmod(0o600)
        key.write_text("no key\n", encoding="utf-8")
        self.assertIn("musterd.toml:4:15: key localhost.key: ", self.told_of(path))
        key.unlink()
        self.assertIn("musterd.toml:5:7: domain.key: localhost.key cannot be read: No such file",
                      self.told_of(path))
        path.unlink()
        self.assertEqual("musterd.toml: cannot be read: No such file or directory\n",
                         self.told_of(path))

    def test_a_certificate_that_does_not_name_the_domain(self):
        path = self.configure()
        programs.make_certificate(self.folder, "elsewhere.example")
        for kind in ("crt", "key"):
            (self.folder / f"elsewhere.example.{kind}").replace(self.folder / f"localhost.{kind}")
        self.assertEqual("musterd.toml:4:15: certificate localhost.crt does not name the domain "
                         "localhost\n", self.told_of(path))
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("[listen]", "any_certificate_name = true\n[listen]"),
                        encoding="utf-8")
        done = ask("musterd", "run", "--config", path, "--check")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
