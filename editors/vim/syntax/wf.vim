" Colours of Weft (.wf).
" Made from tools/editors/wf.vim and the tables of words and functions by tools/editor_words.py;
" change those.
if exists("b:current_syntax")
  finish
endif
syn sync minlines=300
syn iskeyword @,48-57,_

" Names and types
syn match wfType "\<\u\w*\>"
syn keyword wfBuiltinType Bool Int Decimal Money Text Bytes Duration Date Time File Json Email Url
syn keyword wfBuiltinType List Map Outcome Approval Prompt
syn keyword wfLabel Pii Secret Untrusted
syn match wfCall "\<\l\w*\ze("
syn match wfBuiltin "\v\.@1<!<%(abs|average|concat|count|date_of|day|days_between|distinct|drop|ends_with|errors|first|indexed|is_empty|join|keys|last|length|lower|max|mentions|min|month|months_later|outcome_values|replace|reverse|round|round_money|slice|split|starts_with|sum|take|trim|upper|values|weekday|year|all|any|errors|filter|flat_map|fold|group_by|map|share|sort_by|values)\ze\("

" Contextual words: outside of brackets, behind another word of the line, and where no operator says
" that a value stands there. Later rules win, so exceptions follow.
syn match wfContextual "\v%(\S\s+)@<=<%(accept|after|allow|any|approval|approvals|approve|as|asking|assistant|at|backoff|baseline|before|breaker|by|catch|collecting|costing|costs|crash|decide|detached|div|doubt|effect|end|errors|even|every|except|expect|fails|failure|failures|first|for|from|hold|idempotent|irreversible|limit|mock|most|needing|of|ok|once|opens|order|out|overdue|overlap|per|probe|queue|read|reject|retain|returns|revise|runs|score|send|settle|settles|skip|strict|subject|system|then|time|times|to|transaction|until|untrusted|up|user|was|where|with)>%(\s*[:.=([?+*/<>-])@!"
syn match wfValue "\v%(%([=+*/<>(.-]|<%(return|next|done|when|require|key|and|or|not|in|by|emit|wait|if|match|expect|mock|send)>)\s)@<=<%(accept|after|allow|any|approval|approvals|approve|as|asking|assistant|at|backoff|baseline|before|breaker|by|catch|collecting|costing|costs|crash|decide|detached|div|doubt|effect|end|errors|even|every|except|expect|fails|failure|failures|first|for|from|hold|idempotent|irreversible|limit|mock|most|needing|of|ok|once|opens|order|out|overdue|overlap|per|probe|queue|read|reject|retain|returns|revise|runs|score|send|settle|settles|skip|strict|subject|system|then|time|times|to|transaction|until|untrusted|up|user|was|where|with)>"
syn match wfWhere "\v%([A-Za-z0-9_>?]\s)@<=where\ze\s+[A-Za-z(]"
syn match wfLead "\v^\s*\zs%(effect|probe|fails|breaker|limit|costs|costing|retain|subject|until|needing|except|asking|overdue|system|user|assistant|mock|decide|send|crash|expect|score|baseline|at|every|overlap|catch)>%(\s+%(\w|["-]))@=%(\s+%(and|or|in|not)>)@!"

" Reserved words: names after a point and before a colon.
syn match wfOperator "\v\.@1<!<%(and|in|not|or)>%(\s*:)@!"
syn match wfConstant "\v\.@1<!<%(true|false|none)>%(\s*:)@!"
syn match wfClause "\v\.@1<!<%(cache|compensate|key|on|retry|timeout|when|within)>%(\s*:)@!"
syn match wfStatement "\v\.@1<!<%(done|each|emit|fail|finally|gate|if|let|lock|match|next|otherwise|parallel|repeat|require|return|review|run|signal|sleep|step|tune|wait|else|%(before|after)%(\s+step>)@=)>%(\s*:)@!"
syn match wfContextual "\v%(^\s*compensate\s+)@<=in\s+strict\s+order>"
syn match wfContextual "\v<even\s+in\s+doubt>"
syn match wfStepName "\v%(<%(step|gate)\s+)@<=\l\w*\ze\s*%(\=[^=]|\{|was\s)"
syn match wfDefinition "\v%(<%(let|tune|signal)\s+)@<=\l\w*"
syn match wfDeclaration "\v^\s*\zs%(const|enum|error|eval|fn|migrate|open|prompt|record|schedule|test|type|use|worker|workflow)>%(\s+[A-Za-z"])@="
syn match wfDeclaredName "\v%(^\s*%(fn|prompt|workflow|eval|schedule|migrate|worker|const)\s+)@<=\l[a-z0-9_.]*"
syn match wfDeclaredName "\v%(^\s*use\s+)@<=\l[a-z0-9_.]*"
syn match wfDeclaration "\v^\s*\zsopen\s+record>"
syn match wfField "\v<\l\w*\ze\s*:"

" Numbers
syn match wfNumber "\v<\d[0-9_]*%(\.\d[0-9_]*)?%(ms|[smhdw])?>"
syn match wfNumber "\v<\d[0-9_]*%(\.\d[0-9_]*)?\s+\u{3}>"
syn match wfNumber "\v<\d{4}-\d{2}-\d{2}%(T\d{2}:\d{2}%(:\d{2}%(\.\d+)?)?Z)?"
syn match wfRegex "\v%(\(|, )@<=/%(\\.|[^/\\])+/"

" Brackets, where contextual words don't count. An open one ends where a line begins with a reserved
" word, as the parser sees it.
syn cluster wfExpression contains=wfType,wfWhere,wfBuiltinType,wfLabel,wfCall,wfBuiltin,wfOperator,wfConstant,wfStatement,wfClause,wfField,wfNumber,wfRegex,wfParens,wfText,wfBlockText,wfRawText,wfComment,wfDocComment
syn region wfParens matchgroup=NONE start="(" end=")" end="\v^\ze\s*%(done|each|emit|fail|finally|gate|if|let|lock|match|next|otherwise|parallel|repeat|require|return|review|run|signal|sleep|step|tune|wait|cache|compensate|key|on|retry|timeout|when|within)>%(\s*:)@!" contains=@wfExpression transparent
syn region wfParens matchgroup=NONE start="\[" end="\]" end="\v^\ze\s*%(done|each|emit|fail|finally|gate|if|let|lock|match|next|otherwise|parallel|repeat|require|return|review|run|signal|sleep|step|tune|wait|cache|compensate|key|on|retry|timeout|when|within)>%(\s*:)@!" contains=@wfExpression transparent

" Texts
syn match wfEscape "\v\\%([nt"\\$]|u\{\x+\})" contained
syn match wfDirective "\v%(\$\{)@<=%(each|if|else|end)>" contained
syn region wfHole matchgroup=wfHoleMark start="\${" end="}" end="$" contained contains=@wfExpression,wfDirective,wfBraces
syn region wfRawHole matchgroup=wfHoleMark start="#\${" end="}" end="$" contained contains=@wfExpression,wfDirective,wfBraces
syn region wfBraces start="{" end="}" end="$" contained contains=@wfExpression,wfBraces transparent
syn region wfText start=+"+ end=+"+ end="$" contains=wfEscape,wfHole
syn region wfBlockText start=+"""+ end=+"""+ contains=wfEscape,wfHole
syn region wfRawText start=+#"""+ end=+"""+ contains=wfEscape,wfRawHole

" Comments
syn match wfComment "//.*$" contains=wfAllow
syn match wfDocComment "//[/!].*$"
syn match wfAllow "\v(//\s*)@<=weft:allow>" contained

hi def link wfComment Comment
hi def link wfDocComment SpecialComment
hi def link wfAllow Special
hi def link wfText String
hi def link wfBlockText String
hi def link wfRawText String
hi def link wfEscape SpecialChar
hi def link wfHoleMark Delimiter
hi def link wfDirective PreProc
hi def link wfNumber Number
hi def link wfRegex String
hi def link wfType Type
hi def link wfBuiltinType Type
hi def link wfLabel StorageClass
hi def link wfCall Function
hi def link wfBuiltin Function
hi def link wfField Identifier
hi def link wfOperator Operator
hi def link wfConstant Constant
hi def link wfStatement Statement
hi def link wfClause Keyword
hi def link wfLead Keyword
hi def link wfWhere Keyword
hi def link wfContextual Keyword
hi def link wfStepName Identifier
hi def link wfDefinition Identifier
hi def link wfDeclaration Structure
hi def link wfDeclaredName Function

let b:current_syntax = "wf"
