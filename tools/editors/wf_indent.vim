" Indents Weft (.wf) as `weft fmt` does: two blanks, clauses one step deeper than their statement.
" Made from tools/editors/wf_indent.vim and the table of words by tools/editor_words.py; change those.
if exists("b:did_indent")
  finish
endif
let b:did_indent = 1

setlocal indentexpr=WfIndent() indentkeys=0{,0},0),0],o,O,!^F,=when,=key,=timeout,=within,=until,=retry,=cache,=on,=compensate,=else
let b:undo_indent = "setlocal indentexpr< indentkeys<"

if exists("*WfIndent")
  finish
endif

let s:declaration = '\v^\s*%(@declaration@)>%(\s+[A-Za-z"])@='
let s:declaration_begin = '\v^%(@declaration@)>%(\s+[A-Za-z"])@='
let s:clause = '\v^\s*%(@clause@|until)>%(\s*:)@!'
" Lines that belong to the review above them.
let s:review = '\v^\s*%(needing|except|asking|overdue)>%(\s+\S)@=%(\s*[=.(])@!'
" Begin with a clause's word and stand alone: arms of a wait, hooks of a workflow.
let s:hook = '\v^\s*on\s+%(retry|failure)>'
let s:arms = '\v<wait\s+%(within|until)>[^{]*\{\s*%(//.*)?$'
let s:unfinished = '\v%(\s%([-+*%<>=]|/%(//)@!|[<>=!]\=|\=\>|\?\?)|,|\.\.|\s%(and|or|not|in))\s*%(//.*)?$'
let s:no_code = '\v"%(\\.|[^"\\])*"|//.*$|%(\(|, )@<=/%(\\.|[^/\\])+/'

" The line of the innermost bracket that is open at the begin of a line, 0 for none; and whether a text
" block is open there. Read from the last declaration on, where nothing is open.
function! s:OpenAt(line) abort
  let l:at = a:line - 1
  while l:at > 1 && getline(l:at) !~# s:declaration_begin
    let l:at -= 1
  endwhile
  let l:stack = []
  let l:in_text = 0
  for l:number in range(max([1, l:at]), a:line - 1)
    let l:code = getline(l:number)
    while 1
      let l:fence = stridx(l:code, '"""')
      if l:in_text
        if l:fence < 0
          let l:code = ""
          break
        endif
        let l:code = strpart(l:code, l:fence + 3)
        let l:in_text = 0
      elseif l:fence >= 0 && strpart(l:code, 0, l:fence) !~# '//'
        call s:Count(strpart(l:code, 0, l:fence), l:number, l:stack)
        let l:code = strpart(l:code, l:fence + 3)
        let l:in_text = 1
      else
        break
      endif
    endwhile
    call s:Count(l:code, l:number, l:stack)
  endfor
  return [empty(l:stack) ? 0 : l:stack[-1], l:in_text]
endfunction

function! s:Count(code, number, stack) abort
  for l:bracket in split(substitute(substitute(a:code, s:no_code, "", "g"), '[^][(){}]', "", "g"), '\zs')
    if l:bracket =~# '[[({]'
      call add(a:stack, a:number)
    elseif !empty(a:stack)
      call remove(a:stack, -1)
    endif
  endfor
endfunction

function! s:CodeBefore(line) abort
  let l:line = prevnonblank(a:line - 1)
  while l:line > 0 && getline(l:line) =~# '^\s*//'
    let l:line = prevnonblank(l:line - 1)
  endwhile
  return l:line
endfunction

function! WfIndent() abort
  let l:text = getline(v:lnum)
  let [l:opener, l:in_text] = s:OpenAt(v:lnum)
  " In a text block every blank counts.
  if l:in_text
    return -1
  endif
  if l:text =~# '^\s*[])}]'
    return l:opener > 0 ? indent(l:opener) : 0
  endif
  " A comment stands as the line below it.
  let l:below = v:lnum
  while getline(l:below) =~# '^\s*//'
    let l:below = nextnonblank(l:below + 1)
  endwhile
  let l:text = getline(l:below)
  let l:before = s:CodeBefore(v:lnum)
  if l:opener == 0
    " Outside of every bracket: declarations, and what belongs to one.
    return l:below == 0 || l:before == 0 || l:text =~# s:declaration || l:text =~# '\v^\s*\{\s*%(//.*)?$' ? 0 : 2
  endif
  let l:base = indent(l:opener) + 2
  if l:text =~# s:review
    return l:base + 2
  endif
  if l:text =~# s:clause && l:text !~# s:hook && getline(l:opener) !~# s:arms
    return l:base + 2
  endif
  if l:before > l:opener && getline(l:opener) !~# '[(\[]\s*$' && getline(l:before) =~# s:unfinished
    return l:base + 2
  endif
  return l:base
endfunction
