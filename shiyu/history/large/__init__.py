"""A large made-up city: each life told once by the rules, then lived again elsewhere (大城).

`patterns` keeps lives that the history engine let pass, as columns; `weeks` says in which other
weeks each of them would have gone minute for minute the same; `plan` draws a million of them;
`copies` makes their rows; `aside` takes indexes away and puts them back; `making` does it all.
"""
