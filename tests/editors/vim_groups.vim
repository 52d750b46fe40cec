" What Vim makes of files: `vim -u NONE -es -S vim_groups.vim`, told by WEFT_VIM_JOB, a JSON file:
" {"vim": folder, "out": file, "files": {name: {"path": path, "at": [[line, byte column], ...]}}}
" Writes {name: {"groups": [...], "indented": text}}; a file without positions is indented.
set nocompatible nomodeline noswapfile hidden
let s:job = json_decode(join(readfile($WEFT_VIM_JOB), "\n"))
let &runtimepath = s:job.vim .. "," .. &runtimepath
filetype plugin indent on
syntax on
let s:out = {}
for [s:name, s:file] in items(s:job.files)
  execute "edit" fnameescape(s:file.path)
  if &filetype !=# "wf"
    call writefile(["filetype is " .. &filetype], s:job.out)
    qall!
  endif
  syntax sync fromstart
  let s:groups = []
  for [s:line, s:column] in s:file.at
    call add(s:groups, synIDattr(synID(s:line, s:column, 1), "name"))
  endfor
  if empty(s:groups)
    syntax off
    silent normal! gg=G
    syntax on
  endif
  let s:out[s:name] = {"groups": s:groups, "indented": join(getline(1, "$"), "\n") .. "\n"}
endfor
call writefile([json_encode(s:out)], s:job.out)
qall!
