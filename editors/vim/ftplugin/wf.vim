" Weft (.wf): comments and blanks as `weft fmt` writes them.
if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1

setlocal comments=:///,://!,:// commentstring=//\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal shiftwidth=2 softtabstop=2 expandtab textwidth=100

let b:undo_ftplugin = "setlocal comments< commentstring< formatoptions< shiftwidth< softtabstop< expandtab< textwidth<"
