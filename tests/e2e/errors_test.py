"""The fields of errors with the real binary: from `fail` through a sub-run to `show` and `log`."""

import unittest

from cli_test import Case

PROGRAM = """\
error OutOfStock {
  item:  Text
  count: Int as "onHand"
}

workflow take(item: Text) -> Text
  within 1h
{
  if item == "cup" {
    fail OutOfStock(item: item, count: 2)
  }
  return item
}

workflow order(item: Text) -> Text
  within 2h
{
  step taken = run take(item)
    on OutOfStock (e) {
      if e.count > 5 {
        fail "how odd"
      }
      fail OutOfStock(item: "${e.item} of the order", count: e.count - 1)
    }
  return taken
}
"""


class Errors(Case):
    def test_the_fields_of_a_fail(self):
        (self.folder / "stock.wf").write_text(PROGRAM, encoding="utf-8")
        run = self.json("run", "stock.wf", "order", "item=cup", code=10)["run"]
        error = self.json("show", run)["error"]
        self.assertEqual(error["name"], "OutOfStock")
        self.assertEqual(error["fields"], {"item": "cup of the order", "onHand": 1})
        self.assertIn('{"item":"cup of the order","onHand":1}', self.weft("show", run).stdout)
        self.assertIn('OutOfStock, OutOfStock {"item":"cup of the order","onHand":1}',
                      self.weft("log", run).stdout)
        self.assertTrue(self.json("audit", "verify", "--level", "3")["ok"])


if __name__ == "__main__":
    unittest.main()
