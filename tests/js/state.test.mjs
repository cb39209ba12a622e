import assert from "node:assert/strict";
import { test } from "node:test";
import { format, monthOf, order, parse, toggled } from "../../templates/static/state.js";

const FACETS = ["outcome", "body-part"];

test("a query string and its state are the same thing", () => {
  for (const text of ["", "?q=lumbar+MRI", "?q=x&body-part=low-back&body-part=neck&outcome=upheld&from=2016-01&to=2016-12&least=40&sort=oldest&page=3"]) {
    assert.equal(format(parse(text, FACETS)), text);
  }
});

test("what is not understood is left out", () => {
  const state = parse("?q=%20a%20&colour=red&from=2016-13&to=soon&sort=random&page=-2&least=-5", FACETS);
  assert.equal(format(state), "?q=a");
});

test("choosing twice and in any order gives one address", () => {
  const one = toggled(toggled(parse("", FACETS), "outcome", "upheld", true), "body-part", "neck", true);
  const two = toggled(toggled(parse("?page=4", FACETS), "body-part", "neck", true), "outcome", "upheld", true);
  assert.equal(format(one), format(two));
  assert.equal(format(toggled(toggled(one, "outcome", "upheld", false), "body-part", "neck", false)), "");
});

test("choosing does not change the state it starts from", () => {
  const state = parse("?outcome=upheld", FACETS);
  toggled(state, "outcome", "overturned", true);
  assert.equal(format(state), "?outcome=upheld");
});

test("relevance needs words", () => {
  assert.equal(order(parse("", FACETS)), "newest");
  assert.equal(order(parse("?q=a", FACETS)), "relevance");
  assert.equal(order(parse("?q=a&sort=oldest", FACETS)), "oldest");
});

test("a month is read as people type it, and nothing else is", () => {
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  for (const typed of ["2016-04", " 2016/4", "04/2016", "4.2016", "201604", "April 2016", "apr 3, 2016"]) assert.equal(monthOf(typed, names), "2016-04", typed);
  assert.equal(monthOf("2019-12", names), "2019-12");
  assert.equal(monthOf("  ", names), "");
  for (const typed of ["2016", "2016-13", "13/2016", "4", "spring 2016", "x"]) assert.equal(monthOf(typed, names), null, typed);
});
