SELECT a, `b\`c`, 'it''s' FROM numbers(3) -- end
;