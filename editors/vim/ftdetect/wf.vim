autocmd BufRead,BufNewFile *.wf setfiletype wf
