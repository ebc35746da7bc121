-- One row per cumulative figure of the city of Beijing.
select * from beijing_figures where basis = 'cumulative' and area = 'beijing'
